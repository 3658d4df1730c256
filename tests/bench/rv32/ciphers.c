/* Rows of the block ciphers. */
#include "ciphers.h"

#include "aes.h"
#include "des.h"
#include "sm4.h"

static pc_des_t des;
static pc_aes_t aes;
static pc_sm4_t sm4;
static uint8_t out[16];

uint32_t count_des_expand(const case_t *input, int size) {
    uint32_t count;
    BENCH_COUNT(count, pc_des_expand(&des, input->key, (size_t)size));
    return count;
}

uint32_t count_des_encrypt(const case_t *input, int size) {
    uint32_t count;
    pc_des_expand(&des, input->key, (size_t)size);
    BENCH_COUNT(count, pc_des_encrypt(&des, input->text, out));
    return count;
}

uint32_t count_des_decrypt(const case_t *input, int size) {
    uint32_t count;
    pc_des_expand(&des, input->key, (size_t)size);
    BENCH_COUNT(count, pc_des_decrypt(&des, input->text, out));
    return count;
}

uint32_t count_aes_expand(const case_t *input, int size) {
    uint32_t count;
    BENCH_COUNT(count, pc_aes_expand(&aes, input->key, (size_t)size));
    return count;
}

uint32_t count_aes_encrypt(const case_t *input, int size) {
    uint32_t count;
    pc_aes_expand(&aes, input->key, (size_t)size);
    BENCH_COUNT(count, pc_aes_encrypt(&aes, input->text, out));
    return count;
}

uint32_t count_aes_decrypt(const case_t *input, int size) {
    uint32_t count;
    pc_aes_expand(&aes, input->key, (size_t)size);
    BENCH_COUNT(count, pc_aes_decrypt(&aes, input->text, out));
    return count;
}

uint32_t count_sm4_expand(const case_t *input, int size) {
    uint32_t count;
    (void)size;
    BENCH_COUNT(count, pc_sm4_expand(&sm4, input->key));
    return count;
}

uint32_t count_sm4_encrypt(const case_t *input, int size) {
    uint32_t count;
    (void)size;
    pc_sm4_expand(&sm4, input->key);
    BENCH_COUNT(count, pc_sm4_encrypt(&sm4, input->text, out));
    return count;
}

uint32_t count_sm4_decrypt(const case_t *input, int size) {
    uint32_t count;
    (void)size;
    pc_sm4_expand(&sm4, input->key);
    BENCH_COUNT(count, pc_sm4_decrypt(&sm4, input->text, out));
    return count;
}

uint32_t count_control(const case_t *input, int size) {
    uint32_t count;
    BENCH_COUNT(count, {
        for (int i = 0; i < size; i++) {
            if (input->key[i] & 1u) {
                __asm__ volatile("nop");
            }
        }
    });
    return count;
}
