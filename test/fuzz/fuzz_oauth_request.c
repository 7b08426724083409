/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a request to the issuer: its first line the field Authorization ("-": there is none), the rest a form.
 * No parameter that is read has a control character or is no UTF-8, a fault leaves none that is not good, and what is
 * handed to the verifier reads as what it was.
 */
#include "daemon/issuer/authorization.h"
#include "daemon/issuer/client.h"
#include "lib/codec/utf8.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_values(const struct issuer_parameters *parameters)
{
	for (size_t i = 0; i < ISSUER_PARAMETER_COUNT; i++) {
		struct mm_slice value = parameters->values[i];

		if (mm_slice_present(value) && value.len == 0)
			abort();
		for (size_t at = 0, len; at < value.len; at += len) {
			uint32_t code_point;

			len = mm_utf8_decode(value.ptr + at, value.len - at, &code_point);
			if (len == 0 || code_point < 0x20)
				abort();
		}
	}
}

/* The verifier must take what the issuer writes. */
static void
check_passes(struct mm_verify *verify)
{
	static struct mm_verify_room room;
	struct mm_verify read;

	verify->head.number = 1;
	if (!mm_verify_write(verify, &room) || !mm_verify_read(mm_slice(room.bytes, room.len), &read))
		abort();
	if (!mm_slice_equal(mm_mint_text_get(&read.head.client_id), mm_mint_text_get(&verify->head.client_id)))
		abort();
}

static void
check_client(struct mm_slice authorization, const struct issuer_parameters *parameters)
{
	struct mm_verify verify;

	memset(&verify, 0, sizeof(verify));
	verify.head.request = MM_ASK_CLIENT_CREDENTIALS;
	if (issuer_client_read(authorization, mm_slice_present(authorization), parameters, &verify).status ==
	    MM_SIGN_IN_OK)
		check_passes(&verify);
}

static void
check_authorization(const struct issuer_parameters *parameters)
{
	struct issuer_exchange exchange = { .parameters = *parameters };
	struct mm_verify verify;

	memset(&verify, 0, sizeof(verify));
	verify.head.request = MM_ASK_AUTHORIZE_CHECK;
	if (!issuer_authorization_read(&exchange, &verify.head, &verify.ask.authorize.authorize))
		return;
	if ((exchange.own_fault == MM_SIGN_IN_OK) != (exchange.own_fault_text == NULL))
		abort();
	check_passes(&verify);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct mm_slice authorization = end == NULL ? MM_SLICE_ABSENT : mm_slice(data, (size_t)(end - data));
	size_t form_len = end == NULL ? size : size - authorization.len - 1;
	struct issuer_parameters parameters;
	char *form = malloc(form_len + 1);

	if (form == NULL)
		return 0;
	if (form_len > 0)
		memcpy(form, end == NULL ? data : end + 1, form_len);
	if (mm_slice_equal(authorization, mm_slice_str("-")))
		authorization = MM_SLICE_ABSENT;
	if (issuer_parameters_parse(form, form_len, &parameters) == NULL) {
		check_client(authorization, &parameters);
		check_authorization(&parameters);
	}
	check_values(&parameters);
	free(form);
	return 0;
}
