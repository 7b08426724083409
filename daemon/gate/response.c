/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Responses, made and kept.
 */
#include "daemon/gate/response.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/thread.h"
#include "engine/crc32c.h"

#include <string.h>

/* Longer answers are few, and memory should not go to them. */
#define KEPT_LEN_MAX 1024

static bool
add_headers(struct MHD_Response *response, const struct mm_http_answer *answer, bool closes)
{
	bool added = MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;

	if (answer->body.len > 0)
		added = added && MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES;
	if (closes)
		added = added && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	for (size_t i = 0; i < answer->header_count; i++)
		added = added && MHD_add_response_header(response, answer->headers[i].name,
		    mm_http_answer_value(answer, i)) == MHD_YES;
	return added;
}

/* NULL where it cannot be made. */
static struct MHD_Response *
make(const struct mm_http_answer *answer, bool closes)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_COPY);

	if (response != NULL && !add_headers(response, answer, closes)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	return response;
}

/* ---- keeping ---- */

void
gate_kept_response_clear(struct gate_kept_response *kept)
{
	if (kept->response == NULL)
		return;
	MHD_destroy_response(kept->response);
	kept->response = NULL;
	mm_http_answer_clear(&kept->answer);
}

/* Where an answer is looked for and kept; NULL: nowhere. */
static struct gate_kept_response *
place_of(const struct gate *gate, const struct mm_http_answer *answer)
{
	struct gate_thread *thread = gate_thread(gate);
	uint32_t number;

	if (thread == NULL || answer->values.len + answer->body.len > KEPT_LEN_MAX)
		return NULL;
	number = mm_crc32c(answer->values.data, answer->values.len) ^
	    mm_crc32c(answer->body.data, answer->body.len);
	return &thread->kept[number % GATE_KEPT_RESPONSES];
}

static bool
same_bytes(const struct mm_buf *a, const struct mm_buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool
same_answer(const struct mm_http_answer *a, const struct mm_http_answer *b)
{
	if (a->header_count != b->header_count || strcmp(a->content_type, b->content_type) != 0 ||
	    !same_bytes(&a->values, &b->values) || !same_bytes(&a->body, &b->body))
		return false;
	for (size_t i = 0; i < a->header_count; i++)
		if (a->headers[i].value_at != b->headers[i].value_at ||
		    strcmp(a->headers[i].name, b->headers[i].name) != 0)
			return false;
	return true;
}

static void
keep(struct gate_kept_response *place, struct MHD_Response *response, struct mm_http_answer *answer, bool closes)
{
	gate_kept_response_clear(place);
	*place = (struct gate_kept_response){ *answer, closes, response };
	mm_http_answer_init(answer);
}

enum MHD_Result
gate_response_send(const struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	bool closes = !gate_connection_may_stay(exchange);
	struct gate_kept_response *place = place_of(exchange->gate, answer);
	struct MHD_Response *response;
	enum MHD_Result result;

	if (place != NULL && place->response != NULL && place->closes == closes && same_answer(&place->answer, answer))
		return MHD_queue_response(exchange->connection, answer->status, place->response);
	response = make(answer, closes);
	if (response == NULL)
		return MHD_NO;
	result = MHD_queue_response(exchange->connection, answer->status, response);
	if (place != NULL)
		keep(place, response, answer, closes);
	else
		MHD_destroy_response(response);
	return result;
}
