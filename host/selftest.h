/*
 * lepton --sandbox-selftest: what of the sandbox holds on this machine, tried and not believed.
 */
#ifndef LEPTON_SELFTEST_H
#define LEPTON_SELFTEST_H

/* Prints it. 0 if everything that a sandboxed page is promised holds, else 1. */
int selftest_run(void);

#endif
