/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entra directory audit: who changed what.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_DIRECTORY_H
#define MM_ENGINE_LOGS_SHAPE_DIRECTORY_H

#include "engine/logs/shape.h"

extern const struct mm_logs_shape mm_logs_shape_directory;          /* Graph's directoryAudit */
extern const struct mm_logs_shape mm_logs_shape_sentinel_directory; /* Sentinel's AuditLogs */
extern const struct mm_logs_shape mm_logs_shape_portal_directory;   /* the portal's CSV */
extern const struct mm_logs_shape mm_logs_shape_powershell_directory; /* objects of PowerShell's modules */

#endif
