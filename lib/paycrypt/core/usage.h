/* What a key is for, and what it may do within that. */
#ifndef PC_USAGE_H
#define PC_USAGE_H

/* What a key may be used for, and nothing else. */
#define PC_USAGE_KEK 1   /* decrypts other keys */
#define PC_USAGE_PIN 2   /* encrypts PIN blocks */
#define PC_USAGE_MAC 3   /* makes and checks authentication codes */
#define PC_USAGE_DATA 4  /* protects stored data: wrap, unwrap, and authentication codes */
#define PC_USAGE_DUKPT 5 /* initial key of a derivation scheme */

/* What a key may do within its usage; a key block can take some of them away. */
#define PC_MODE_GENERATE 1u /* make codes */
#define PC_MODE_VERIFY 2u   /* check codes */
#define PC_MODE_ENCRYPT 4u
#define PC_MODE_DECRYPT 8u
#define PC_MODE_ALL 15u

#endif
