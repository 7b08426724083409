/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words are told apart by whatever cannot be in a scope: blanks, commas, semicolons, quotes, slashes (a scope may have
 * its resource before it: https://graph.microsoft.com/Mail.Read).
 */
#include "engine/detect/mail_scope.h"

#include "engine/detect/detection.h"
#include "lib/base/array.h"

#include <string.h>
#include <strings.h>

/* One that ends with a full stop begins a scope, others are all of it. */
static const char *const mail_scopes[] = {
	"mail.",
	"mailboxsettings.",
	"mailboxitem.",
	"mailboxfolder.",
	"ews.accessasuser.all",
	"eas.accessasuser.all",
	"imap.accessasuser.all",
	"imap.accessasapp",
	"pop.accessasuser.all",
	"pop.accessasapp",
	"smtp.send",
	"smtp.sendasapp",
	"full_access_as_app",
	"full_access_as_user",
	"exchange.manageasapp",
};

static bool
is_mail_scope(const char *word, size_t len)
{
	for (size_t i = 0; i < MM_COUNT_OF(mail_scopes); i++) {
		size_t scope_len = strlen(mail_scopes[i]);
		bool begins = mail_scopes[i][scope_len - 1] == '.';

		if ((begins ? len > scope_len : len == scope_len) && strncasecmp(word, mail_scopes[i], scope_len) == 0)
			return true;
	}
	return false;
}

static bool
has_mail_scope(struct mm_slice text)
{
	static const char apart[] = " ,;\"'/[](){}\t\r\n";
	const char *at = text.ptr, *end;

	if (!mm_slice_present(text))
		return false;
	end = text.ptr + text.len;
	while (at < end) {
		const char *word = at;

		while (at < end && memchr(apart, *at, sizeof(apart) - 1) == NULL)
			at++;
		if (is_mail_scope(word, (size_t)(at - word)))
			return true;
		at++;
	}
	return false;
}

bool
mm_detection_is_mail_grant(const struct mm_names *names, const struct mm_logs_event *event)
{
	return mm_detection_is_change(event,
	    MM_CHANGE_BIT(CONSENT) | MM_CHANGE_BIT(DELEGATED_GRANT) | MM_CHANGE_BIT(APP_ROLE)) &&
	    has_mail_scope(mm_names_text(names, event->added));
}
