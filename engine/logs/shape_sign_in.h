/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entra sign-in logs: interactive, non-interactive, of service principals and managed identities.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_SIGN_IN_H
#define MM_ENGINE_LOGS_SHAPE_SIGN_IN_H

#include "engine/logs/shape.h"

extern const struct mm_logs_shape mm_logs_shape_sign_in;          /* Graph's */
extern const struct mm_logs_shape mm_logs_shape_sentinel_sign_in; /* SigninLogs and its like */
extern const struct mm_logs_shape mm_logs_shape_portal_sign_in;   /* the portal's CSV */
extern const struct mm_logs_shape mm_logs_shape_monitor;          /* Azure Monitor's, also of directory audit */

#endif
