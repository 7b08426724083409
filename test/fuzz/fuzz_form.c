/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a form: values lie within it, are never longer than what they were decoded from, and a parameter that
 * was not found has no value.
 */
#include "daemon/http/form.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_http_form_parameter parameters[] = { { .name = "token" }, { .name = "mailbox" }, { .name = "" } };
	char *body = malloc(size + 1);
	bool readable;

	if (body == NULL)
		abort();
	if (size > 0)
		memcpy(body, data, size);
	readable = mm_http_form_parse(body, size, parameters, 3);
	for (size_t i = 0; i < 3; i++) {
		struct mm_slice value = parameters[i].value;

		if (mm_slice_present(value) != (parameters[i].count > 0))
			abort();
		if (mm_slice_present(value) && (value.ptr < body || value.ptr + value.len > body + size))
			abort();
	}
	/* Where there is no '%', nothing is unreadable. */
	if (!readable && memchr(data, '%', size) == NULL)
		abort();
	free(body);
	return 0;
}
