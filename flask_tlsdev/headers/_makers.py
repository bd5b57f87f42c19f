"""Which module makes the header of which key?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import cache_control
from . import clear_site_data
from . import coep
from . import content_type_options
from . import coop
from . import corp
from . import csp
from . import dns_prefetch_control
from . import document_policy
from . import download_options
from . import frame_options
from . import hsts
from . import integrity_policy
from . import origin_agent_cluster
from . import permissions_policy
from . import permitted_cross_domain_policies
from . import referrer_policy
from . import reporting_endpoints
from . import xss_protection
from .base import Maker

#: The headers by their keys, without ``TLSDEV_``, in the order of sending.
MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "HSTS": Maker(hsts.NAME, hsts.make, hsts.merge),
        "CSP": Maker(csp.NAME, csp.make, csp.merge),
        "CSP_REPORT_ONLY": Maker(
            csp.REPORT_ONLY, csp.make_report_only, csp.merge_report_only
        ),
        "CONTENT_TYPE_OPTIONS": Maker(
            content_type_options.NAME, content_type_options.make
        ),
        "FRAME_OPTIONS": Maker(frame_options.NAME, frame_options.make),
        "REFERRER_POLICY": Maker(referrer_policy.NAME, referrer_policy.make),
        "PERMISSIONS_POLICY": Maker(
            permissions_policy.NAME, permissions_policy.make, permissions_policy.merge
        ),
        "COOP": Maker(coop.NAME, coop.make),
        "COOP_REPORT_ONLY": Maker(coop.REPORT_ONLY, coop.make_report_only),
        "COEP": Maker(coep.NAME, coep.make),
        "COEP_REPORT_ONLY": Maker(coep.REPORT_ONLY, coep.make_report_only),
        "CORP": Maker(corp.NAME, corp.make),
        "ORIGIN_AGENT_CLUSTER": Maker(
            origin_agent_cluster.NAME, origin_agent_cluster.make
        ),
        "REPORTING_ENDPOINTS": Maker(
            reporting_endpoints.NAME,
            reporting_endpoints.make,
            reporting_endpoints.merge,
        ),
        "INTEGRITY_POLICY": Maker(integrity_policy.NAME, integrity_policy.make),
        "INTEGRITY_POLICY_REPORT_ONLY": Maker(
            integrity_policy.REPORT_ONLY, integrity_policy.make_report_only
        ),
        "DOCUMENT_POLICY": Maker(document_policy.NAME, document_policy.make),
        "DNS_PREFETCH_CONTROL": Maker(
            dns_prefetch_control.NAME, dns_prefetch_control.make
        ),
        "PERMITTED_CROSS_DOMAIN_POLICIES": Maker(
            permitted_cross_domain_policies.NAME, permitted_cross_domain_policies.make
        ),
        "DOWNLOAD_OPTIONS": Maker(download_options.NAME, download_options.make),
        "XSS_PROTECTION": Maker(xss_protection.NAME, xss_protection.make),
        "CACHE_CONTROL": Maker(cache_control.NAME, cache_control.make),
        "CLEAR_SITE_DATA": Maker(
            clear_site_data.NAME, clear_site_data.make, views_only=True
        ),
    }
)
