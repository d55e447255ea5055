#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/core.h"

void
core_shut(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}
