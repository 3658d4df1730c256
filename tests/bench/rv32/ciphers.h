#ifndef CIPHERS_H
#define CIPHERS_H

#include "bench.h"

/* `size`: bytes of key. */
uint32_t count_des_expand(const case_t *input, int size);
uint32_t count_des_encrypt(const case_t *input, int size);
uint32_t count_des_decrypt(const case_t *input, int size);
uint32_t count_aes_expand(const case_t *input, int size);
uint32_t count_aes_encrypt(const case_t *input, int size);
uint32_t count_aes_decrypt(const case_t *input, int size);
uint32_t count_sm4_expand(const case_t *input, int size);
uint32_t count_sm4_encrypt(const case_t *input, int size);
uint32_t count_sm4_decrypt(const case_t *input, int size);

/* Branches on each byte of the key: shows that such a thing is seen. */
uint32_t count_control(const case_t *input, int size);

#endif
