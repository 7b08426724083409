/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going out, by libcurl's multi interface.
 *
 * Everything that libcurl would take from its environment, from files or from its defaults, and that matters, is set
 * here, so that no other version and no other build of it changes what is accepted.
 */
#include "daemon/courier/network.h"

#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* A document of a few kB takes well under a second; over the worst line that mail is read by, some. */
#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS 20000L

/* A server that drips is given up before the total time-out. */
#define LOW_SPEED_BYTES 64L
#define LOW_SPEED_TIME_S 10L

/* Answers of genuine providers have 2 kB of header; interim answers and trailers count too. */
#define HEADER_LEN_MAX ((size_t)64 * 1024)

/* Idle connections are kept for the metadata and its keys, not until the next refresh. */
#define IDLE_CONNECTIONS_MAX 8L

struct transfer {
	struct transfer *next, **link; /* in the list of all */
	CURL *easy;
	struct curl_slist *headers;
	void *owner;
	bool asked_conditionally;
	struct mm_buf body;
	size_t header_len;
	char error[CURL_ERROR_SIZE];
};

struct courier_network {
	CURLM *multi;
	struct curl_blob ca;
	struct transfer *transfers;
	struct transfer *answered; /* whose answer is with the caller */
};

bool
courier_network_prepare(void)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (code != CURLE_OK)
		fprintf(stderr, "mintmark-courier: libcurl: %s\n", curl_easy_strerror(code));
	return code == CURLE_OK;
}

struct courier_network *
courier_network_new(struct mm_slice ca_pem)
{
	struct courier_network *network = calloc(1, sizeof(*network));

	if (network == NULL)
		return NULL;
	/* libcurl does not write to it, but has no const. */
	network->ca = (struct curl_blob){ (void *)(uintptr_t)ca_pem.ptr, ca_pem.len, CURL_BLOB_NOCOPY };
	network->multi = curl_multi_init();
	if (network->multi == NULL ||
	    curl_multi_setopt(network->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS_MAX) != CURLM_OK ||
	    curl_multi_setopt(network->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) != CURLM_OK)
		courier_network_free(&network);
	return network;
}

/* ---- one transfer ---- */

static void
free_transfer(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	mm_buf_clear(&transfer->body);
	free(transfer);
}

static void
list_transfer(struct courier_network *network, struct transfer *transfer)
{
	transfer->next = network->transfers;
	transfer->link = &network->transfers;
	if (transfer->next != NULL)
		transfer->next->link = &transfer->next;
	network->transfers = transfer;
}

static void
end_transfer(struct courier_network *network, struct transfer *transfer)
{
	*transfer->link = transfer->next;
	if (transfer->next != NULL)
		transfer->next->link = transfer->link;
	curl_multi_remove_handle(network->multi, transfer->easy);
	free_transfer(transfer);
}

void
courier_network_free(struct courier_network **network)
{
	if (*network == NULL)
		return;
	while ((*network)->transfers != NULL)
		end_transfer(*network, (*network)->transfers);
	curl_multi_cleanup((*network)->multi);
	free(*network);
	*network = NULL;
}

/* A piece of the body, after whatever the transfer was coded with. Fewer bytes taken than given end the transfer. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;

	mm_buf_add(&transfer->body, bytes, size * count);
	return mm_buf_ok(&transfer->body) ? size * count : 0;
}

/* A line of a header, also of interim answers and of trailers: counted, and read later. */
static size_t
count_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;

	(void)bytes;
	transfer->header_len += size * count;
	return transfer->header_len <= HEADER_LEN_MAX ? size * count : 0;
}

static bool
add_header(struct transfer *transfer, const char *name, const char *value)
{
	char line[64 + COURIER_ETAG_LEN_MAX];
	struct curl_slist *longer;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(transfer->headers, line);
	if (longer != NULL)
		transfer->headers = longer;
	return longer != NULL;
}

/*
 * RFC 9110 section 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header
 * field", so one of them is sent.
 */
static bool
add_headers(struct transfer *transfer, const struct courier_validators *validators)
{
	bool etag = validators->etag[0] != '\0', date = !etag && validators->last_modified[0] != '\0';

	transfer->asked_conditionally = etag || date;
	return add_header(transfer, "Accept", "application/jwk-set+json, application/json") &&
	    (!etag || add_header(transfer, "If-None-Match", validators->etag)) &&
	    (!date || add_header(transfer, "If-Modified-Since", validators->last_modified));
}

static bool
set_numbers(CURL *easy)
{
	static const struct {
		CURLoption option;
		long value;
	} rows[] = {
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		/* What HTTP/2 does beyond one request is not needed, and much to get wrong. */
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP09_ALLOWED, 0 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS },
		{ CURLOPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS },
		{ CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES },
		{ CURLOPT_LOW_SPEED_TIME, LOW_SPEED_TIME_S },
		/* What Content-Length states; take_body() counts what comes. */
		{ CURLOPT_MAXFILESIZE, MM_DOCUMENT_LEN_MAX },
		/* A name server that does not answer must hold up no other transfer: its thread is left to end. */
		{ CURLOPT_QUICK_EXIT, 1 },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < MM_COUNT_OF(rows) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
	return code == CURLE_OK;
}

static bool
set_texts(CURL *easy, const char *address)
{
	const struct {
		CURLoption option;
		const char *value;
	} rows[] = {
		{ CURLOPT_URL, address },
		{ CURLOPT_PROTOCOLS_STR, "https" },
		{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
		{ CURLOPT_USERAGENT, "mintmark-courier" },
		{ CURLOPT_PROXY, "" }, /* nor what the environment says */
		/* No authorities but those that were handed in: no file, no folder, no default of the build. */
		{ CURLOPT_CAINFO, NULL },
		{ CURLOPT_CAPATH, NULL },
		{ CURLOPT_ACCEPT_ENCODING, NULL }, /* nothing compressed is asked for, and nothing is expanded */
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < MM_COUNT_OF(rows) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
	return code == CURLE_OK;
}

static bool
set_rest(struct courier_network *network, struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &network->ca) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_header) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

bool
courier_network_begin(struct courier_network *network, const char *address,
    const struct courier_validators *validators, void *owner)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (transfer == NULL)
		return false;
	transfer->owner = owner;
	mm_buf_init(&transfer->body, MM_DOCUMENT_LEN_MAX);
	transfer->easy = curl_easy_init();
	if (transfer->easy != NULL && add_headers(transfer, validators) && set_numbers(transfer->easy) &&
	    set_texts(transfer->easy, address) && set_rest(network, transfer) &&
	    curl_multi_add_handle(network->multi, transfer->easy) == CURLM_OK) {
		list_transfer(network, transfer);
		return true;
	}
	free_transfer(transfer);
	return false;
}

/* ---- all of them ---- */

bool
courier_network_wait(struct courier_network *network, int fd, int timeout_ms, bool *readable)
{
	struct curl_waitfd extra = { fd, CURL_WAIT_POLLIN, 0 };
	int running;

	if (curl_multi_poll(network->multi, &extra, 1, timeout_ms, NULL) != CURLM_OK ||
	    curl_multi_perform(network->multi, &running) != CURLM_OK)
		return false;
	*readable = extra.revents != 0;
	return true;
}

static void
fail(struct courier_answer *answer, enum mm_fetch_outcome outcome, const char *why)
{
	answer->outcome = outcome;
	courier_sentence_add(&answer->why, "%s", why);
}

/* Why libcurl ended a transfer; its words may hold a name that the server's certificate states. */
static void
judge_failure(const struct transfer *transfer, CURLcode code, struct courier_answer *answer)
{
	if (code == CURLE_FILESIZE_EXCEEDED || !mm_buf_ok(&transfer->body)) {
		fail(answer, MM_FETCH_REFUSED, "the document is larger than 1 MiB, or memory is short");
		return;
	}
	if (transfer->header_len > HEADER_LEN_MAX) {
		fail(answer, MM_FETCH_REFUSED, "the answer's header is larger than 64 KiB");
		return;
	}
	answer->outcome = MM_FETCH_UNREACHABLE;
	courier_sentence_add_foreign(&answer->why,
	    mm_slice_str(transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code)));
}

static void
judge_status(const struct transfer *transfer, long status, struct courier_answer *answer)
{
	if (status == 200) {
		answer->outcome = MM_FETCH_NEW;
		answer->body = mm_slice(transfer->body.data == NULL ? "" : transfer->body.data, transfer->body.len);
	} else if (status == 304 && transfer->asked_conditionally) {
		answer->outcome = MM_FETCH_SAME;
	} else if (status == 304) {
		fail(answer, MM_FETCH_REFUSED, "the server answered 304 (not modified), which it was not asked");
	} else if (status >= 300 && status <= 399) {
		answer->outcome = MM_FETCH_REFUSED;
		courier_sentence_add(&answer->why, "the server answered %ld; redirects are not followed", status);
	} else {
		answer->outcome = MM_FETCH_REFUSED;
		courier_sentence_add(&answer->why, "the server answered %ld", status);
	}
}

/* A header field of the last answer, if it is printable ASCII and fits; else text becomes empty. */
static void
keep_field(CURL *easy, const char *name, char *text, size_t size)
{
	struct curl_header *field;
	size_t len;

	text[0] = '\0';
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &field) != CURLHE_OK)
		return;
	len = strlen(field->value);
	if (len >= size || field->amount != 1)
		return;
	for (size_t i = 0; i < len; i++)
		if (field->value[i] < ' ' || field->value[i] > '~')
			return;
	memcpy(text, field->value, len + 1);
}

static void
judge(struct transfer *transfer, CURLcode code, struct courier_answer *answer)
{
	long status = 0;

	*answer = (struct courier_answer){ .owner = transfer->owner, .body = MM_SLICE_ABSENT };
	if (code == CURLE_OK)
		code = curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK) {
		judge_failure(transfer, code, answer);
		return;
	}
	judge_status(transfer, status, answer);
	if (answer->outcome != MM_FETCH_NEW)
		return;
	keep_field(transfer->easy, "ETag", answer->validators.etag, sizeof(answer->validators.etag));
	keep_field(transfer->easy, "Last-Modified", answer->validators.last_modified,
	    sizeof(answer->validators.last_modified));
}

bool
courier_network_next(struct courier_network *network, struct courier_answer *answer)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(network->multi, &left)) != NULL) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &network->answered) != CURLE_OK)
			continue;
		judge(network->answered, code, answer);
		return true;
	}
	return false;
}

void
courier_network_release(struct courier_network *network)
{
	if (network->answered != NULL)
		end_transfer(network, network->answered);
	network->answered = NULL;
}
