/*
 * PNEU_* variables: keys in capitals, hyphens as underscores.
 *
 * A variable of that prefix that is no setting is an error, as a misspelt key
 * is in the file: PNEU_TSL_TRUST must not silently mean the default.  So is
 * an empty one, and one that may not come from the environment: what runs a
 * program, names a file to be written, or is itself a secret.
 */
#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

struct fail;
struct layer;

/* Sets what environment (environ's form, or NULL) says.  0, or -1 with
 * FAIL_CONFIG. */
int environment_read(
    struct layer *l, char *const environment[], struct fail *f);

/* The value of a variable, borrowed; NULL where it is missing or empty. */
const char *environment_get(char *const environment[], const char *name);

#endif
