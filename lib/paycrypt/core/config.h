/* What a build contains. Everything, unless the compiler is told otherwise:
 *
 *   -DPC_SET_UNIONPAY   only what a program needs that makes and checks the messages of a UnionPay-style host with DES keys:
 *                       clear and encrypted keys, sign-in, the ECB, X9.19 and CBC codes, PIN block format 0. Nothing is kept
 *                       across a restart.
 *
 * What is left out is refused by name as "not offered"; methods of the bindings that would have nothing to do are missing. */
#ifndef PC_CONFIG_H
#define PC_CONFIG_H

#ifdef PC_SET_UNIONPAY
#define PC_WITH_ALL 0
#else
#define PC_WITH_ALL 1
#endif

#define PC_WITH_SPEED PC_WITH_ALL   /* code in straight lines, words instead of bytes, eight expanded keys instead of one */
#define PC_WITH_AES PC_WITH_ALL
#define PC_WITH_SM4 PC_WITH_ALL
#define PC_WITH_CMAC PC_WITH_ALL
#define PC_WITH_STREAM PC_WITH_ALL  /* codes in pieces */
#define PC_WITH_STRICT PC_WITH_ALL  /* refusing weak keys and equal parts */
#define PC_WITH_FORMATS PC_WITH_ALL /* PIN block formats 1, 3, 4 */
#define PC_WITH_SIV PC_WITH_ALL     /* wrap, unwrap, seal, unseal */
#define PC_WITH_TR31 PC_WITH_ALL
#define PC_WITH_DUKPT PC_WITH_ALL

#endif
