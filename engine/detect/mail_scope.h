/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants of the right to read mail.
 */
#ifndef MM_ENGINE_DETECT_MAIL_SCOPE_H
#define MM_ENGINE_DETECT_MAIL_SCOPE_H

#include "engine/logs/event.h"
#include "engine/logs/names.h"

#include <stdbool.h>

/*
 * Whether an event gave an application a scope or role with which mail is read or sent (Mail.*, MailboxSettings.*, EWS
 * and IMAP as a user, full_access_as_app, … in any case), and did not fail.
 */
bool mm_detection_is_mail_grant(const struct mm_names *names, const struct mm_logs_event *event);

#endif
