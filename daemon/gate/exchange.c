/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers ask of a request.
 */
#include "daemon/gate/exchange.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/credentials.h"
#include "lib/crypto/digest.h"

#include <limits.h>
#include <microhttpd.h>
#include <strings.h>

struct field_search {
	struct mm_slice name;
	struct gate_field found;
};

static enum MHD_Result
look_at_field(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
	struct field_search *search = ctx;

	(void)kind;
	if (key_len != search->name.len || strncasecmp(key, search->name.ptr, key_len) != 0)
		return MHD_YES;
	if (search->found.count++ == 0)
		search->found.value = value == NULL ? mm_slice("", 0) : mm_slice(value, value_len);
	return MHD_YES;
}

struct gate_field
gate_exchange_field(const struct gate_exchange *exchange, const char *name)
{
	struct field_search search = { .name = mm_slice_str(name) };

	(void)MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, look_at_field, &search);
	return search.found;
}

/* RFC 9110 section 5.6.2: token = 1*tchar */
static bool
is_token(struct mm_slice text)
{
	static const bool marks[UCHAR_MAX + 1] = {
		['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true,
		['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true,
		['~'] = true,
	};

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    marks[(unsigned char)c]))
			return false;
	}
	return text.len > 0;
}

static enum MHD_Result
look_at_name(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
	bool *all_are_tokens = ctx;

	(void)kind;
	(void)value;
	(void)value_len;
	*all_are_tokens = *all_are_tokens && is_token(mm_slice(key, key_len));
	return MHD_YES;
}

bool
gate_exchange_names_are_tokens(const struct gate_exchange *exchange)
{
	bool all_are_tokens = true;

	(void)MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, look_at_name, &all_are_tokens);
	return all_are_tokens;
}

struct mm_slice
gate_exchange_source(const struct gate_exchange *exchange)
{
	const char *source = exchange->from->source;

	return source[0] == '\0' ? MM_SLICE_ABSENT : mm_slice_str(source);
}

const struct gate_caller *
gate_exchange_basic_caller(const struct gate_exchange *exchange, struct mm_slice credentials)
{
	const struct gate_callers *callers = &exchange->view->callers;
	const struct gate_caller *plain = NULL, *decoded = NULL;
	struct gate_basic basic;

	if (gate_basic_parse(credentials, &basic)) {
		plain = gate_callers_find(callers, exchange->service->name, basic.name, basic.secret);
		decoded = gate_callers_find(callers, exchange->service->name, basic.decoded_name, basic.decoded_secret);
	}
	mm_secret_wipe(&basic, sizeof(basic));
	return plain != NULL ? plain : decoded;
}

void
gate_exchange_count_refused_caller(const struct gate_exchange *exchange)
{
	gate_metrics_count_refused_caller(gate_view_service_metrics(exchange->view, exchange->service));
}
