/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version of the library.
 */
#include <mintmark/version.h>

const char *
mm_version(void)
{
	return MM_VERSION_TEXT;
}
