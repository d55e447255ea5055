/*
 * Alone, because whatever links start.c has GnuTLS started late, by
 * start_safely(); who only reads the flag must not be bound to that.
 */
#include "base/start.h"

volatile sig_atomic_t start_stop;
