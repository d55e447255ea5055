/*
 * What argv, the environment and the file said, before anything is chosen:
 * the inside of struct wishes, which conf/profile.h keeps shut.
 */
#ifndef CONF_WISHES_H
#define CONF_WISHES_H

#include <stdbool.h>

#include "base/fail.h"
#include "conf/argv.h"
#include "conf/file.h"
#include "conf/layer.h"

struct wishes {
	struct argv_words words;
	struct layer flags;
	struct layer environment;
	struct layer run; /* the two over the defaults */
	struct file file; /* without a path where no file was read */
	struct fail fault; /* of environment or file; FAIL_NONE: none */
};

#endif
