/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page where a user enters the code that a device shows (RFC 8628 section 3.3), and decides.
 */
#include "daemon/issuer/authorization.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/route.h"
#include "daemon/issuer/sign_in.h"
#include "lib/base/array.h"

#define DEVICE_PATH "/device"

static const enum issuer_parameter confirmed[] = { ISSUER_P_USER_CODE };

static struct mm_slice
session_of(const struct issuer_exchange *exchange)
{
	return issuer_exchange_cookie(exchange, ISSUER_COOKIE_SESSION);
}

static struct mm_slice
code_of(const struct issuer_exchange *exchange)
{
	return issuer_exchange_parameter(exchange, ISSUER_P_USER_CODE);
}

/* ---- pages ---- */

static enum issuer_turn
code_page(struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status, const char *problem)
{
	struct mm_buf *body = &answer->body;

	issuer_page_begin(exchange, answer, status, "Connect a device", MM_SLICE_ABSENT);
	issuer_page_add_line(answer, "Enter the code that the device or application shows.", MM_SLICE_ABSENT, "");
	if (problem != NULL)
		issuer_page_add_alert(answer, problem, "user_code");
	issuer_page_begin_form(exchange, answer, DEVICE_PATH);
	issuer_page_seal_form(exchange, answer, "device code", session_of(exchange), NULL, 0);
	mm_buf_add_str(body, "<label for=\"user_code\">Code</label>\n"
	                     "<input id=\"user_code\" name=\"user_code\" type=\"text\" autocomplete=\"one-time-code\" "
	                     "autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"30\" required autofocus");
	mm_buf_add_str(body, problem != NULL ? " aria-invalid=\"true\" aria-describedby=\"problem\">\n" : ">\n");
	issuer_page_add_button(answer, "Continue", "look", true);
	issuer_page_end_form(answer);
	issuer_page_end(answer);
	return ISSUER_ANSWERED;
}

/*
 * RFC 8628 section 5.4: the user is shown the code again, and whom it lets in, so that nobody is led to allow another.
 */
static enum issuer_turn
decide_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	struct mm_slice client = mm_mint_text_get(&verified->client_name);

	issuer_page_begin(exchange, answer, MHD_HTTP_OK, "Allow access?", MM_SLICE_ABSENT);
	issuer_page_add_line(answer, "", client.len > 0 ? client : mm_mint_text_get(&verified->client_id),
	    " on another device would like to:");
	issuer_page_add_scope(answer, mm_mint_text_get(&verified->scope));
	if (verified->username.len > 0)
		issuer_page_add_line(answer, "You are signed in as ", mm_mint_text_get(&verified->username), ".");
	mm_buf_add_str(&answer->body, "<p>The device must show this code:<br><code>");
	issuer_html_add(&answer->body, code_of(exchange));
	mm_buf_add_str(&answer->body, "</code></p>\n<p class=\"quiet\">Allow only what you began yourself, just now. "
	                              "If somebody sent you the code or this link, do not allow it.</p>\n");
	issuer_page_begin_form(exchange, answer, DEVICE_PATH);
	issuer_page_seal_form(exchange, answer, "device decision", session_of(exchange), confirmed,
	    MM_COUNT_OF(confirmed));
	issuer_page_add_button(answer, "Allow", "allow", true);
	issuer_page_add_button(answer, "Do not allow", "deny", false);
	issuer_page_end_form(answer);
	issuer_page_end(answer);
	return ISSUER_ANSWERED;
}

/* ---- what the verifier says ---- */

/* To the form that signs in, which leads back here with the code. */
static enum issuer_turn
ask_to_sign_in(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	exchange->parameters.values[ISSUER_P_PURPOSE] = mm_slice_str("device");
	issuer_sign_in_page(exchange, answer, MHD_HTTP_OK, NULL);
	return ISSUER_ANSWERED;
}

static enum issuer_turn
take_trouble(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	char text[ISSUER_WAIT_TEXT_SIZE];

	switch (issuer_exchange_verified(exchange)->status) {
	case MM_SIGN_IN_LOGIN_REQUIRED:
		return ask_to_sign_in(exchange, answer);
	case MM_SIGN_IN_UNKNOWN_USER_CODE:
		return code_page(exchange, answer, MHD_HTTP_NOT_FOUND,
		    "There is no such code, or its time is over. Please look at the device again.");
	case MM_SIGN_IN_TOO_MANY_ATTEMPTS:
		issuer_wait_text(exchange, answer, text, sizeof(text));
		return code_page(exchange, answer, MHD_HTTP_TOO_MANY_REQUESTS, text);
	default:
		return issuer_authorization_answer_refusal(exchange, answer);
	}
}

static enum issuer_turn
take_look(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (issuer_exchange_verified(exchange)->status != MM_SIGN_IN_OK)
		return take_trouble(exchange, answer);
	return decide_page(exchange, answer);
}

static enum issuer_turn
take_allowed(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (issuer_exchange_verified(exchange)->status != MM_SIGN_IN_OK)
		return take_trouble(exchange, answer);
	return issuer_page_message(exchange, answer, MHD_HTTP_OK, "Done",
	    mm_slice_str("The device is connected. You can close this page."));
}

static enum issuer_turn
take_denied(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (issuer_exchange_verified(exchange)->status != MM_SIGN_IN_OK)
		return take_trouble(exchange, answer);
	return issuer_page_message(exchange, answer, MHD_HTTP_OK, "Not allowed",
	    mm_slice_str("The device gets no access. You can close this page."));
}

static enum issuer_turn
take_session(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (issuer_exchange_verified(exchange)->status != MM_SIGN_IN_OK)
		return take_trouble(exchange, answer);
	return code_page(exchange, answer, MHD_HTTP_OK, NULL);
}

/* ---- asking ---- */

static enum issuer_turn
ask_device(struct issuer_exchange *exchange, struct mm_http_answer *answer, enum mm_device_decision decision,
    issuer_handler *after)
{
	struct mm_verify verify;

	issuer_exchange_begin(exchange, MM_ASK_DEVICE_USER, &verify);
	verify.ask.device_user.decision = (uint8_t)decision;
	issuer_put_text(&verify.ask.device_user.cookie, session_of(exchange));
	/* What is too long is no code: an empty one is none either. */
	issuer_put_text(&verify.ask.device_user.user_code, code_of(exchange));
	return issuer_exchange_ask(exchange, answer, &verify, after);
}

static enum issuer_turn
ask_session(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_verify verify;

	issuer_exchange_begin(exchange, MM_ASK_SESSION, &verify);
	issuer_put_text(&verify.ask.session.cookie, session_of(exchange));
	return issuer_exchange_ask(exchange, answer, &verify, take_session);
}

static enum issuer_turn
take_form(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_slice decision = issuer_exchange_parameter(exchange, ISSUER_P_DECISION);
	bool allows = mm_slice_equal(decision, mm_slice_str("allow"));

	if (issuer_page_check_form(exchange, "device decision", session_of(exchange), confirmed,
	        MM_COUNT_OF(confirmed)))
		return ask_device(exchange, answer, allows ? MM_DEVICE_ALLOW : MM_DEVICE_DENY,
		    allows ? take_allowed : take_denied);
	if (issuer_page_check_form(exchange, "device code", session_of(exchange), NULL, 0))
		return ask_device(exchange, answer, MM_DEVICE_LOOK, take_look);
	return issuer_page_message(exchange, answer, MHD_HTTP_FORBIDDEN, "This page is too old",
	    mm_slice_str("The form that was sent is not one of this browser's, or it is from too long ago. "
	                 "Please begin again."));
}

enum issuer_turn
issuer_device_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	bool is_form = issuer_exchange_is(exchange, "POST");
	const char *fault = is_form ? issuer_exchange_read_form(exchange) : issuer_exchange_read_query(exchange);

	issuer_exchange_read_cookies(exchange);
	if (fault != NULL || !issuer_parameters_are_single(&exchange->parameters))
		return issuer_page_message(exchange, answer, MHD_HTTP_BAD_REQUEST, "This link does not work",
		    mm_slice_str("The request cannot be read."));
	if (is_form)
		return take_form(exchange, answer);
	return mm_slice_present(code_of(exchange)) ? ask_device(exchange, answer, MM_DEVICE_LOOK, take_look) :
	                                             ask_session(exchange, answer);
}
