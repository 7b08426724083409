/* SPDX-License-Identifier: Apache-2.0 */
/* The trust that is in use. */
#include "daemon/mintmarkd/trust_in_use.h"

#include <unistd.h>

void
mm_trust_in_use_clear(struct mm_trust_in_use *trust)
{
	if (trust->snapshot_fd >= 0)
		close(trust->snapshot_fd);
	trust->snapshot_fd = -1;
	mm_key_lists_clear(&trust->lists);
	mm_problems_clear(&trust->problems);
}
