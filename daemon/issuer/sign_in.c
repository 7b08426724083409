/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an authorization request to a code: the authorization endpoint, the sign-in page and the page that asks for
 * consent. Each step has the verifier check the whole request anew; nothing is kept here.
 */
#include "daemon/issuer/sign_in.h"

#include "daemon/issuer/authorization.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/route.h"
#include "lib/base/array.h"

#include <stdio.h>

#define BROWSER_COOKIE_AGE_S (180U * 86400U)

static struct mm_slice
session_of(const struct issuer_exchange *exchange)
{
	return issuer_exchange_cookie(exchange, ISSUER_COOKIE_SESSION);
}

static bool
is_for_device(const struct issuer_exchange *exchange)
{
	return mm_slice_equal(issuer_exchange_parameter(exchange, ISSUER_P_PURPOSE), mm_slice_str("device"));
}

/* ---- the sign-in page ---- */

static const enum issuer_parameter device_carried[] = { ISSUER_P_PURPOSE, ISSUER_P_USER_CODE };

static void
add_inputs(struct mm_http_answer *answer, struct mm_slice username, const char *problem)
{
	struct mm_buf *body = &answer->body;
	const char *invalid = problem != NULL ? " aria-invalid=\"true\" aria-describedby=\"problem\"" : "";
	bool knows_name = username.len > 0;

	mm_buf_add_str(body, "<label for=\"username\">Mail address</label>\n"
	                     "<input id=\"username\" name=\"username\" type=\"text\" inputmode=\"email\" "
	                     "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
	                     "maxlength=\"254\" required");
	mm_buf_addf(body, "%s%s value=\"", invalid, knows_name ? "" : " autofocus");
	issuer_html_add(body, username);
	mm_buf_add_str(body, "\">\n<label for=\"password\">Password</label>\n"
	                     "<input id=\"password\" name=\"password\" type=\"password\" "
	                     "autocomplete=\"current-password\" required");
	mm_buf_addf(body, "%s%s>\n", invalid, knows_name ? " autofocus" : "");
}

void
issuer_sign_in_page(struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *problem)
{
	bool for_device = is_for_device(exchange);
	struct mm_slice username = issuer_exchange_parameter(exchange, ISSUER_P_USERNAME);
	struct mm_slice client = mm_mint_text_get(&issuer_exchange_verified(exchange)->client_name);

	if (!mm_slice_present(username))
		username = issuer_exchange_parameter(exchange, ISSUER_P_LOGIN_HINT);
	if (username.len > MM_MAILBOX_LEN_MAX)
		username = MM_SLICE_ABSENT;
	issuer_page_begin(exchange, answer, status, "Sign in",
	    for_device ? MM_SLICE_ABSENT : issuer_exchange_parameter(exchange, ISSUER_P_REDIRECT_URI));
	if (for_device)
		issuer_page_add_line(answer, "to connect a device", MM_SLICE_ABSENT, "");
	else if (client.len > 0)
		issuer_page_add_line(answer, "to continue to ", client, "");
	if (problem != NULL)
		issuer_page_add_alert(answer, problem, "password");
	issuer_page_begin_form(exchange, answer, "/sign-in");
	issuer_page_seal_form(exchange, answer, for_device ? "sign-in for a device" : "sign-in", MM_SLICE_ABSENT,
	    for_device ? device_carried : issuer_carried,
	    for_device ? MM_COUNT_OF(device_carried) : issuer_carried_count);
	add_inputs(answer, username, problem);
	issuer_page_add_button(answer, "Sign in", NULL, true);
	issuer_page_end_form(answer);
	issuer_page_end(answer);
}

/* ---- the page that asks for consent ---- */

static enum issuer_turn
consent_page(struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_slice session)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	struct mm_slice client = mm_mint_text_get(&verified->client_name);

	if (client.len == 0)
		client = mm_mint_text_get(&verified->client_id);
	issuer_page_begin(exchange, answer, MHD_HTTP_OK, "Allow access?",
	    issuer_exchange_parameter(exchange, ISSUER_P_REDIRECT_URI));
	issuer_page_add_line(answer, "", client, " would like to:");
	issuer_page_add_scope(answer, mm_mint_text_get(&verified->scope));
	if (verified->username.len > 0)
		issuer_page_add_line(answer, "You are signed in as ", mm_mint_text_get(&verified->username), ".");
	issuer_page_begin_form(exchange, answer, "/consent");
	issuer_page_seal_form(exchange, answer, "consent", session, issuer_carried, issuer_carried_count);
	issuer_page_add_button(answer, "Allow", "allow", true);
	issuer_page_add_button(answer, "Do not allow", "deny", false);
	issuer_page_end_form(answer);
	issuer_page_end(answer);
	return ISSUER_ANSWERED;
}

/* ---- asking ---- */

static enum issuer_turn
answer_no_place(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	return issuer_page_message(exchange, answer, MHD_HTTP_BAD_REQUEST, "This link does not work",
	    mm_slice_str("The application that led you here does not say who it is, or where to lead you back to."));
}

static enum issuer_turn
answer_stale_form(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	return issuer_page_message(exchange, answer, MHD_HTTP_FORBIDDEN, "This page is too old",
	    mm_slice_str("The form that was sent is not one of this browser's, or it is from too long ago. "
	                 "Please go back to the application and begin again."));
}

/* AUTHORIZE_CHECK, or AUTHORIZE. */
static enum issuer_turn
ask_authorize(struct issuer_exchange *exchange, struct mm_http_answer *answer, enum mm_sign_in_request request,
    bool consent, issuer_handler *after)
{
	struct mm_ask_authorize *ask;
	struct mm_verify verify;

	issuer_exchange_begin(exchange, request, &verify);
	ask = &verify.ask.authorize;
	if (!issuer_authorization_read(exchange, &verify.head, &ask->authorize))
		return answer_no_place(exchange, answer);
	ask->consent = consent;
	issuer_put_text(&ask->cookie, session_of(exchange));
	return issuer_exchange_ask(exchange, answer, &verify, after);
}

static enum issuer_turn
take_code(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	if (verified->status != MM_SIGN_IN_OK)
		return issuer_authorization_answer_refusal(exchange, answer);
	return issuer_authorization_answer_code(exchange, answer);
}

/* ---- the authorization endpoint ---- */

static bool
prompts(const struct issuer_exchange *exchange, const char *word)
{
	return issuer_list_has(issuer_exchange_parameter(exchange, ISSUER_P_PROMPT), word);
}

/* OpenID Connect Core 1.0 section 3.1.2.3 */
static enum issuer_turn
choose_step(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	bool asks_nothing = prompts(exchange, "none");
	bool signed_in = verified->signed_in && !prompts(exchange, "login") && !prompts(exchange, "select_account");
	bool consent = verified->consent || prompts(exchange, "consent");

	if (asks_nothing && !verified->signed_in)
		return issuer_authorization_answer_error(exchange, answer, "login_required",
		    mm_slice_str("nobody is signed in"));
	if (asks_nothing && verified->consent)
		return issuer_authorization_answer_error(exchange, answer, "consent_required",
		    mm_slice_str("the user has not agreed yet"));
	if (!asks_nothing && !signed_in) {
		issuer_sign_in_page(exchange, answer, MHD_HTTP_OK, NULL);
		return ISSUER_ANSWERED;
	}
	if (!asks_nothing && consent)
		return consent_page(exchange, answer, session_of(exchange));
	return ask_authorize(exchange, answer, MM_ASK_AUTHORIZE, false, take_code);
}

/* What is wrong with the request as such is told to the client, now that it is known to be the client's request. */
static bool
tell_own_fault(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	if (exchange->own_fault == MM_SIGN_IN_OK || !verified->may_redirect)
		return false;
	(void)issuer_authorization_answer_error(exchange, answer,
	    exchange->own_error != NULL ? exchange->own_error : mm_sign_in_status_error(exchange->own_fault),
	    mm_slice_str(exchange->own_fault_text));
	return true;
}

static enum issuer_turn
take_check(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	if (tell_own_fault(exchange, answer))
		return ISSUER_ANSWERED;
	if (verified->status != MM_SIGN_IN_OK)
		return issuer_authorization_answer_refusal(exchange, answer);
	/* It said that all is good, and then the address is the client's. */
	if (!verified->may_redirect || !mm_slice_present(issuer_exchange_parameter(exchange, ISSUER_P_REDIRECT_URI)))
		return answer_no_place(exchange, answer);
	return choose_step(exchange, answer);
}

enum issuer_turn
issuer_authorize(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const char *fault = issuer_exchange_is(exchange, "POST") ? issuer_exchange_read_form(exchange) :
	                                                           issuer_exchange_read_query(exchange);

	issuer_exchange_read_cookies(exchange);
	if (fault != NULL)
		return issuer_page_message(exchange, answer, MHD_HTTP_BAD_REQUEST, "This link does not work",
		    mm_slice_str("The request cannot be read: it is not form-encoded text."));
	issuer_parameters_forget_own(&exchange->parameters);
	if (exchange->parameters.repeated[ISSUER_P_PROMPT] || !prompts(exchange, "none") ||
	    mm_slice_equal(issuer_exchange_parameter(exchange, ISSUER_P_PROMPT), mm_slice_str("none")))
		return ask_authorize(exchange, answer, MM_ASK_AUTHORIZE_CHECK, false, take_check);
	exchange->own_fault = MM_SIGN_IN_INVALID_REQUEST;
	exchange->own_fault_text = "prompt has none and another";
	return ask_authorize(exchange, answer, MM_ASK_AUTHORIZE_CHECK, false, take_check);
}

/* ---- name and password ---- */

static void
set_cookies(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	const struct issuer_realm *realm = &exchange->issuer->realm;

	if (verified->cookie.len > 0)
		issuer_cookie_set(answer, realm, ISSUER_COOKIE_SESSION, mm_mint_text_get(&verified->cookie), 0);
	if (verified->device.len > 0)
		issuer_cookie_set(answer, realm, ISSUER_COOKIE_DEVICE, mm_mint_text_get(&verified->device),
		    BROWSER_COOKIE_AGE_S);
}

static void
lead_to_device_page(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_buf address;

	mm_buf_init(&address, 4 * MM_MINT_ISSUER_LEN_MAX);
	issuer_realm_add_path(&exchange->issuer->realm, exchange->tenant, &address);
	mm_buf_add_str(&address, "/device");
	issuer_address_add(&address, "user_code", issuer_exchange_parameter(exchange, ISSUER_P_USER_CODE));
	if (mm_buf_ok(&address))
		issuer_redirect(exchange, answer, mm_slice(address.data, address.len));
	else
		answer->failed = true;
	mm_buf_clear(&address);
}

void
issuer_wait_text(const struct issuer_exchange *exchange, struct mm_http_answer *answer, char *text, size_t size)
{
	unsigned seconds = issuer_exchange_verified(exchange)->retry_after_s;
	char value[16];

	seconds = seconds > 0 ? seconds : 1;
	if (seconds < 90)
		snprintf(text, size, "There were too many attempts. Please wait %u second%s and try again.", seconds,
		    seconds == 1 ? "" : "s");
	else
		snprintf(text, size, "There were too many attempts. Please wait %u minutes and try again.",
		    seconds / 60 + (seconds % 60 != 0));
	snprintf(value, sizeof(value), "%u", seconds);
	mm_http_answer_add_header(answer, "Retry-After", value);
}

static void
wait_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	char text[ISSUER_WAIT_TEXT_SIZE];

	issuer_wait_text(exchange, answer, text, sizeof(text));
	issuer_sign_in_page(exchange, answer, MHD_HTTP_TOO_MANY_REQUESTS, text);
}

static enum issuer_turn
take_sign_in(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	if (verified->status == MM_SIGN_IN_WRONG_PASSWORD) {
		issuer_sign_in_page(exchange, answer, MHD_HTTP_FORBIDDEN, "Mail address or password is wrong.");
		return ISSUER_ANSWERED;
	}
	if (verified->status == MM_SIGN_IN_TOO_MANY_ATTEMPTS) {
		wait_page(exchange, answer);
		return ISSUER_ANSWERED;
	}
	if (verified->status == MM_SIGN_IN_TEMPORARILY_UNAVAILABLE) {
		mm_http_answer_add_header(answer, "Retry-After", "2");
		issuer_sign_in_page(exchange, answer, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "Signing in is not possible at the moment. Please try again shortly.");
		return ISSUER_ANSWERED;
	}
	if (verified->status != MM_SIGN_IN_OK)
		return issuer_authorization_answer_refusal(exchange, answer);
	set_cookies(exchange, answer);
	if (is_for_device(exchange)) {
		lead_to_device_page(exchange, answer);
		return ISSUER_ANSWERED;
	}
	if (verified->code.len == 0)
		return consent_page(exchange, answer, mm_mint_text_get(&verified->cookie));
	return issuer_authorization_answer_code(exchange, answer);
}

/* A password too long is nobody's; the field takes no other. */
static bool
read_name_and_password(const struct issuer_exchange *exchange, struct mm_ask_sign_in *ask)
{
	struct mm_slice username = issuer_exchange_parameter(exchange, ISSUER_P_USERNAME);
	struct mm_slice password = issuer_exchange_parameter(exchange, ISSUER_P_PASSWORD);

	issuer_put_text(&ask->cookie, session_of(exchange));
	issuer_put_text(&ask->device, issuer_exchange_cookie(exchange, ISSUER_COOKIE_DEVICE));
	return mm_slice_present(username) && mm_slice_present(password) && mm_mint_text_set(&ask->username, username) &&
	    mm_mint_text_set(&ask->password, password);
}

static enum issuer_turn
ask_sign_in(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_ask_sign_in *ask;
	struct mm_verify verify;
	bool for_device = is_for_device(exchange);

	issuer_exchange_begin(exchange, MM_ASK_SIGN_IN, &verify);
	ask = &verify.ask.sign_in;
	ask->for_authorize = !for_device;
	ask->authorize.max_age_s = -1;
	/* What was noted stood in the page that was given out: none of it is wrong now. */
	if (!for_device && !issuer_authorization_read(exchange, &verify.head, &ask->authorize))
		return answer_no_place(exchange, answer);
	if (read_name_and_password(exchange, ask))
		return issuer_exchange_ask(exchange, answer, &verify, take_sign_in);
	exchange->question = issuer_question_new(exchange->connection);
	if (exchange->question != NULL)
		issuer_sign_in_page(exchange, answer, MHD_HTTP_FORBIDDEN, "Mail address or password is wrong.");
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_sign_in(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const char *fault = issuer_exchange_read_form(exchange);
	bool for_device = is_for_device(exchange), sealed;

	issuer_exchange_read_cookies(exchange);
	sealed = for_device ? issuer_page_check_form(exchange, "sign-in for a device", MM_SLICE_ABSENT, device_carried,
	                          MM_COUNT_OF(device_carried)) :
	                      issuer_page_check_form(exchange, "sign-in", MM_SLICE_ABSENT, issuer_carried,
	                          issuer_carried_count);
	if (fault != NULL || !issuer_parameters_are_single(&exchange->parameters) || !sealed)
		return answer_stale_form(exchange, answer);
	return ask_sign_in(exchange, answer);
}

/* ---- consent ---- */

static enum issuer_turn
take_denial(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (!issuer_exchange_verified(exchange)->may_redirect)
		return issuer_authorization_answer_refusal(exchange, answer);
	return issuer_authorization_answer_error(exchange, answer, "access_denied",
	    mm_slice_str("the user does not agree"));
}

enum issuer_turn
issuer_consent(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const char *fault = issuer_exchange_read_form(exchange);
	bool allows;

	issuer_exchange_read_cookies(exchange);
	if (fault != NULL || !issuer_parameters_are_single(&exchange->parameters) ||
	    !issuer_page_check_form(exchange, "consent", session_of(exchange), issuer_carried, issuer_carried_count))
		return answer_stale_form(exchange, answer);
	allows = mm_slice_equal(issuer_exchange_parameter(exchange, ISSUER_P_DECISION), mm_slice_str("allow"));
	return ask_authorize(exchange, answer, allows ? MM_ASK_AUTHORIZE : MM_ASK_AUTHORIZE_CHECK, allows,
	    allows ? take_code : take_denial);
}
