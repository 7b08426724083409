/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers ask of a request, and of others for it.
 */
#include "daemon/issuer/exchange.h"

#include "daemon/http/client_certificate.h"
#include "daemon/issuer/issuer.h"
#include "lib/crypto/digest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define CERTIFICATE_FIELD "Mintmark-Client-Certificate"
#define PROOF_FIELD "DPoP"

struct mm_http_field
issuer_exchange_field(const struct issuer_exchange *exchange, const char *name)
{
	return mm_http_find_field(exchange->connection, name);
}

/* ---- cookies ---- */

/* One field has them all (RFC 6265 section 5.4); a second one was put in by somebody else. */
void
issuer_exchange_read_cookies(struct issuer_exchange *exchange)
{
	struct mm_http_field field = issuer_exchange_field(exchange, MHD_HTTP_HEADER_COOKIE);
	char name[ISSUER_COOKIE_NAME_LEN_MAX];

	memset(exchange->cookies, 0, sizeof(exchange->cookies));
	for (enum issuer_cookie cookie = 0; field.count == 1 && cookie < ISSUER_COOKIES; cookie++) {
		struct mm_slice value;

		issuer_cookie_name(&exchange->issuer->realm, cookie, name);
		value = issuer_cookie_find(field.value, name);
		if (mm_slice_present(value))
			memcpy(exchange->cookies[cookie], value.ptr, value.len);
	}
}

/* ---- parameters ---- */

static enum MHD_Result
add_argument(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
	struct mm_buf *query = ctx;

	(void)kind;
	mm_buf_add(query, "&", query->len > 0);
	mm_buf_add(query, key, key_len);
	if (value != NULL) {
		mm_buf_add(query, "=", 1);
		mm_buf_add(query, value, value_len);
	}
	return MHD_YES;
}

/*
 * The library has cut the query at '&' and '=' and made spaces of '+'; its escapes still stand. Put together again it
 * reads as a form.
 */
const char *
issuer_exchange_read_query(struct issuer_exchange *exchange)
{
	mm_buf_clear(&exchange->query);
	(void)MHD_get_connection_values_n(exchange->connection, MHD_GET_ARGUMENT_KIND, add_argument, &exchange->query);
	if (!mm_buf_ok(&exchange->query))
		return "the query is too long";
	return issuer_parameters_parse(exchange->query.data, exchange->query.len, &exchange->parameters);
}

static bool
is_form(struct mm_slice type)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t len = sizeof(form) - 1;

	return type.len >= len && strncasecmp(type.ptr, form, len) == 0 &&
	    (type.len == len || type.ptr[len] == ';' || type.ptr[len] == ' ');
}

/* RFC 6749 section 3.2: parameters are the body's; in an address they end up in logs. */
const char *
issuer_exchange_read_form(struct issuer_exchange *exchange)
{
	struct mm_http_field type = issuer_exchange_field(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);

	memset(&exchange->parameters, 0, sizeof(exchange->parameters));
	if (type.count != 1 || !is_form(type.value))
		return "the Content-Type is not application/x-www-form-urlencoded";
	if (exchange->has_query)
		return "parameters stand in the address: they belong into the body";
	return issuer_parameters_parse(exchange->body.bytes.data, exchange->body.bytes.len, &exchange->parameters);
}

/* ---- who asks ---- */

static const struct sockaddr *
peer_address(const struct issuer_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info == NULL ? NULL : info->client_addr;
}

/* IPv4 mapped into IPv6; all zeroes: the peer has none. */
static void
write_peer(const struct sockaddr *peer, uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(address, 0, 16);
	if (peer == NULL)
		return;
	if (peer->sa_family == AF_INET6) {
		memcpy(address, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, 16);
	} else if (peer->sa_family == AF_INET) {
		memcpy(address, mapped, sizeof(mapped));
		memcpy(address + 12, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
	}
}

/* What a trusted proxy says last in X-Forwarded-For: it added that itself. */
static void
write_told_address(const struct issuer_exchange *exchange, uint8_t address[16])
{
	struct mm_http_field told = issuer_exchange_field(exchange, "X-Forwarded-For");
	const char *comma;
	char text[INET6_ADDRSTRLEN], mapped[INET6_ADDRSTRLEN + sizeof("::ffff:")];
	struct in6_addr read;
	struct in_addr read_v4;
	size_t at = 0;

	if (told.count != 1)
		return;
	comma = memrchr(told.value.ptr, ',', told.value.len);
	at = comma == NULL ? 0 : (size_t)(comma + 1 - told.value.ptr);
	while (at < told.value.len && told.value.ptr[at] == ' ')
		at++;
	if (told.value.len - at >= sizeof(text))
		return;
	memcpy(text, told.value.ptr + at, told.value.len - at);
	text[told.value.len - at] = '\0';
	if (inet_pton(AF_INET6, text, &read) == 1) {
		memcpy(address, &read, 16);
	} else if (inet_pton(AF_INET, text, &read_v4) == 1) {
		snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
		if (inet_pton(AF_INET6, mapped, &read) == 1)
			memcpy(address, &read, 16);
	}
}

/* By TLS, or told by a proxy that ended it: who is no proxy of ours tells nothing. */
static void
write_certificate(const struct issuer_exchange *exchange, bool believed, struct mm_verify_head *head)
{
	struct mm_http_field told = issuer_exchange_field(exchange, CERTIFICATE_FIELD);
	char subject[sizeof(head->certificate_subject.bytes) + 1];
	bool trusted = false;

	if (believed) {
		head->has_certificate = told.count == 1 &&
		    mm_http_client_certificate_parse(told.value, head->certificate_digest);
		return;
	}
	head->has_certificate = mm_http_client_certificate_look(exchange->connection, head->certificate_digest,
	    &trusted, subject, sizeof(subject));
	if (!head->has_certificate)
		return;
	head->certificate_trusted =
	    trusted && mm_mint_text_set(&head->certificate_subject, mm_slice_str(subject)) && subject[0] != '\0';
}

static void
write_proof(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_http_field field = issuer_exchange_field(exchange, PROOF_FIELD);

	/* One that is too long is none: told as one too many. */
	if (field.count > 1 || field.value.len > MM_SIGN_IN_PROOF_LEN_MAX) {
		verify->head.proof_count = 2;
		return;
	}
	verify->head.proof_count = (uint8_t)field.count;
	verify->proof = field.count == 1 ? field.value : MM_SLICE_ABSENT;
}

void
issuer_exchange_begin(const struct issuer_exchange *exchange, enum mm_sign_in_request request,
    struct mm_verify *verify)
{
	const struct sockaddr *peer = peer_address(exchange);
	bool believed = mm_http_proxies_have(&exchange->issuer->proxies, peer);

	memset(verify, 0, sizeof(*verify));
	verify->head.request = (uint16_t)request;
	verify->head.is_get = issuer_exchange_is(exchange, "GET");
	issuer_put_text(&verify->head.tenant, exchange->tenant);
	write_peer(peer, verify->head.address);
	if (believed)
		write_told_address(exchange, verify->head.address);
	write_certificate(exchange, believed, &verify->head);
	write_proof(exchange, verify);
}

/* ---- asking ---- */

const struct mm_verified *
issuer_exchange_verified(const struct issuer_exchange *exchange)
{
	return &exchange->question->verified;
}

void
issuer_exchange_forget(struct issuer_exchange *exchange)
{
	issuer_question_free(&exchange->question);
	exchange->after = NULL;
}

/*
 * Suspended before it is sent: the answer may come before this returns. Only this thread goes on with the connection,
 * and only when the handler has returned.
 */
enum issuer_turn
issuer_exchange_ask(struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_verify *verify,
    issuer_handler *after)
{
	struct issuer_waiting *waiting = &exchange->issuer->waiting;
	struct issuer_question *question = exchange->question;

	if (question == NULL)
		question = exchange->question = issuer_question_new(exchange->connection);
	if (question != NULL && issuer_waiting_enter(waiting, question)) {
		exchange->after = after;
		MHD_suspend_connection(exchange->connection);
		issuer_waiting_send(waiting, question, verify);
		mm_secret_wipe(verify, sizeof(*verify));
		return ISSUER_ASKED;
	}
	mm_secret_wipe(verify, sizeof(*verify));
	if (question == NULL) /* the answer that is there already: 503 without a body */
		return ISSUER_ANSWERED;
	question->verified = (struct mm_verified){ .status = MM_SIGN_IN_TEMPORARILY_UNAVAILABLE };
	return after(exchange, answer);
}
