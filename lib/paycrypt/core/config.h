/* What a build contains. Everything, unless the compiler is told otherwise:
 *
 *   -DPC_SET_UNIONPAY   only what a UnionPay-style terminal with DES keys needs: sign-in, the ECB, X9.19 and CBC
 *                       codes, PIN block format 0, sealing; AES serves the sealing alone
 *
 * What is left out is refused by name, as an argument out of range is. */
#ifndef PC_CONFIG_H
#define PC_CONFIG_H

#ifdef PC_SET_UNIONPAY
#define PC_WITH_AES_KEYS 0 /* AES keys in slots, CMAC, AES decryption, PIN block format 4 */
#define PC_WITH_SM4 0      /* SM4 keys in slots */
#define PC_WITH_FORMATS 0  /* PIN block formats 1, 3, 4 */
#define PC_WITH_WRAP 0     /* wrap, unwrap */
#define PC_WITH_TR31 0     /* TR-31 key blocks */
#define PC_WITH_DUKPT 0    /* derived unique keys per transaction */
#else
#define PC_WITH_AES_KEYS 1
#define PC_WITH_SM4 1
#define PC_WITH_FORMATS 1
#define PC_WITH_WRAP 1
#define PC_WITH_TR31 1
#define PC_WITH_DUKPT 1
#endif

#endif
