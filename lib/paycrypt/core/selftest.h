/* Known answers for every algorithm, to be run before the first key is entered. */
#ifndef PC_SELFTEST_H
#define PC_SELFTEST_H

/* 0, or the negated enum pc_algorithm (status.h) of the first algorithm whose answer is wrong. */
int pc_selftest_run(void);

#endif
