/* Known answers for every algorithm of the build, to be run before the first key is entered. */
#ifndef PC_SELFTEST_H
#define PC_SELFTEST_H

#define PC_HEALTH_UNTESTED 1

/* What the last self-test said, shared by all key stores of a program. Set to PC_HEALTH_UNTESTED at the start. */
typedef struct {
    int status; /* PC_HEALTH_UNTESTED, 0, or the negated enum pc_algorithm (status.h) of the first that failed */
} pc_health_t;

/* Run the tests. 0, or the negated number of the first algorithm whose answer is wrong; a failure stays in `health` for
 * good, so that no later call opens the stores again. */
int pc_selftest_run(pc_health_t *health);

#endif
