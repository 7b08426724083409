/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading parameters.
 */
#include "daemon/issuer/parameters.h"

#include "daemon/http/form.h"
#include "lib/base/array.h"
#include "lib/codec/utf8.h"

#include <string.h>

static const char *const names[ISSUER_PARAMETER_COUNT] = {
#define ISSUER_PARAMETER(name, text) [ISSUER_P_##name] = (text),
#include "daemon/issuer/parameters.def"
#undef ISSUER_PARAMETER
};

const char *
issuer_parameter_name(enum issuer_parameter parameter)
{
	return names[parameter];
}

static bool
is_text(struct mm_slice value)
{
	uint32_t code_point;
	size_t len;

	for (size_t i = 0; i < value.len; i += len) {
		len = mm_utf8_decode(value.ptr + i, value.len - i, &code_point);
		if (len == 0 || code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
			return false;
	}
	return true;
}

const char *
issuer_parameters_parse(char *form, size_t len, struct issuer_parameters *parameters)
{
	struct mm_http_form_parameter found[ISSUER_PARAMETER_COUNT];
	const char *fault = NULL;

	memset(parameters, 0, sizeof(*parameters));
	memset(found, 0, sizeof(found));
	for (size_t i = 0; i < ISSUER_PARAMETER_COUNT; i++)
		found[i].name = names[i];
	if (!mm_http_form_parse(form, len, found, ISSUER_PARAMETER_COUNT))
		fault = "a parameter is not form-encoded";
	for (size_t i = 0; i < ISSUER_PARAMETER_COUNT; i++) {
		parameters->repeated[i] = found[i].count > 1;
		if (!is_text(found[i].value))
			fault = "a parameter is no text in UTF-8, or has control characters";
		else if (found[i].value.len > 0)
			parameters->values[i] = found[i].value;
	}
	return fault;
}

void
issuer_parameters_forget_own(struct issuer_parameters *parameters)
{
	static const enum issuer_parameter own[] = { ISSUER_P_USERNAME, ISSUER_P_PASSWORD, ISSUER_P_SEAL,
		ISSUER_P_PURPOSE, ISSUER_P_DECISION, ISSUER_P_USER_CODE };

	for (size_t i = 0; i < MM_COUNT_OF(own); i++) {
		parameters->values[own[i]] = MM_SLICE_ABSENT;
		parameters->repeated[own[i]] = false;
	}
}

const char *
issuer_parameters_find_repeated(const struct issuer_parameters *parameters, enum issuer_parameter but,
    enum issuer_parameter but_also)
{
	for (size_t i = 0; i < ISSUER_PARAMETER_COUNT; i++)
		if (parameters->repeated[i] && i != (size_t)but && i != (size_t)but_also)
			return names[i];
	return NULL;
}

bool
issuer_parameters_are_single(const struct issuer_parameters *parameters)
{
	return issuer_parameters_find_repeated(parameters, ISSUER_PARAMETER_COUNT, ISSUER_PARAMETER_COUNT) == NULL;
}

bool
issuer_list_has(struct mm_slice list, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t at = 0; at < list.len;) {
		const char *space = memchr(list.ptr + at, ' ', list.len - at);
		size_t len = space == NULL ? list.len - at : (size_t)(space - list.ptr) - at;

		if (len == word_len && memcmp(list.ptr + at, word, len) == 0)
			return true;
		at += len + 1;
	}
	return false;
}
