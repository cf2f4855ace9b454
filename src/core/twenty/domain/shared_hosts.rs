//! Hosts that many organisations share by path or subdomain and that the public suffix list's private section does not
//! have: social networks, link pages, site builders, shops, shorteners, mailbox providers.

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
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "goo.gl",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "instagram.com",
    "linkedin.com",
    "linkin.bio",
    "linktr.ee",
    "live.com",
    "lnk.bio",
    "mail.ru",
    "maps.app.goo.gl",
    "medium.com",
    "msn.com",
    "notion.site",
    "notion.so",
    "outlook.com",
    "patreon.com",
    "pinterest.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
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
    "web.de",
    "webflow.com",
    "weebly.com",
    "whatsapp.com",
    "wix.com",
    "wixsite.com",
    "wordpress.com",
    "x.com",
    "yahoo.com",
    "yandex.ru",
    "yelp.com",
    "youtu.be",
    "youtube.com",
];

/// Whether the host, or one above it, is shared.
pub(super) fn is_shared(host: &str) -> bool {
    let listed = |host: &str| SHARED_HOSTS.binary_search(&host).is_ok();
    let parents = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    listed(host) || parents.into_iter().any(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_shared_hosts_is_sorted_for_the_search() {
        assert!(SHARED_HOSTS.is_sorted());
    }
}
