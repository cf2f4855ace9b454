//! Hosts that many organisations share by path or subdomain and that are not in the public suffix list's private
//! section: social networks, link pages, site builders, shops, shorteners. Mailbox providers have their own list.

use crate::core::twenty::mailbox_providers;

const SHARED_HOSTS: &[&str] = &[
    "about.me",
    "beacons.ai",
    "behance.net",
    "bio.link",
    "bit.ly",
    "bsky.app",
    "calendly.com",
    "carrd.co",
    "discord.gg",
    "dribbble.com",
    "etsy.com",
    "eventbrite.com",
    "facebook.com",
    "fb.com",
    "fb.me",
    "flickr.com",
    "github.com",
    "gitlab.com",
    "goo.gl",
    "instagram.com",
    "linkedin.com",
    "linkin.bio",
    "linktr.ee",
    "lnk.bio",
    "maps.app.goo.gl",
    "medium.com",
    "notion.site",
    "notion.so",
    "patreon.com",
    "pinterest.com",
    "reddit.com",
    "sites.google.com",
    "snapchat.com",
    "soundcloud.com",
    "squarespace.com",
    "substack.com",
    "t.me",
    "telegram.me",
    "threads.net",
    "tiktok.com",
    "tinyurl.com",
    "tumblr.com",
    "twitch.tv",
    "twitter.com",
    "vimeo.com",
    "vk.com",
    "wa.me",
    "webflow.com",
    "weebly.com",
    "whatsapp.com",
    "wix.com",
    "wixsite.com",
    "wordpress.com",
    "x.com",
    "yelp.com",
    "youtu.be",
    "youtube.com",
];

/// Whether the host, or a parent of it, is shared.
pub(super) fn is_shared(host: &str) -> bool {
    let listed =
        |host: &str| SHARED_HOSTS.binary_search(&host).is_ok() || mailbox_providers::has(host);
    let parents = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    listed(host) || parents.into_iter().any(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_shared_with_all_that_is_below_it() {
        for host in [
            "facebook.com",
            "m.facebook.com",
            "yahoo.co.uk",
            "mail.gmx.net",
        ] {
            assert!(is_shared(host), "{host}");
        }
        for host in ["co.uk", "notfacebook.com", "facebook.com.example", "gmx"] {
            assert!(!is_shared(host), "{host}");
        }
    }

    #[test]
    fn the_list_of_shared_hosts_is_sorted_for_the_search() {
        assert!(SHARED_HOSTS.is_sorted());
    }
}
