//! Providers of mailboxes for the public: free mail, internet access, disposable addresses. The domain of such an
//! address is not a company's.
//!
//! `node scripts/mailbox-providers.mjs` generates `list.txt` from the packages that its header names and from
//! `by-hand.txt`, which adds missing providers and removes hosts that belong to an organisation.

use super::sorted_lines;

/// One host per line, sorted, in ASCII, none below another; see [`ADDED`] and [`EXCEPTED`].
const LIST: &str = include_str!("list.txt");

/// Marks a host that only comes from `by-hand.txt`.
const ADDED: char = '+';

/// Marks a host that is not a mailbox provider, although a package lists it.
const EXCEPTED: char = '-';

/// Whether this exact host is a mailbox provider's (lower case, ASCII).
pub fn has(host: &str) -> bool {
    let found = sorted_lines::find(LIST, &[ADDED, EXCEPTED], "", host);
    found.is_some_and(|mark| mark != Some(EXCEPTED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::twenty::domain::{Domain, is_hostname};
    use crate::core::twenty::public_suffix;
    use crate::core::twenty::warning::reason;

    const BY_HAND: &str = include_str!("by-hand.txt");

    fn marked() -> impl Iterator<Item = (&'static str, Option<char>)> {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| match line.strip_suffix([ADDED, EXCEPTED]) {
            Some(host) => (host, line.chars().next_back()),
            None => (line, None),
        })
    }

    #[test]
    fn mailboxes_of_many_countries_identify_no_company() {
        let hosts = "yahoo.co.uk hotmail.fr t-online.de 163.com gmx.net me.com \
            gmx.de web.de freenet.de arcor.de posteo.de mailbox.org vodafonemail.de gmx.at aon.at gmx.ch bluewin.ch \
            hispeed.ch orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr libero.it virgilio.it tin.it tiscali.it \
            alice.it telefonica.net terra.es sapo.pt btinternet.com virginmedia.com ntlworld.com sky.com talktalk.net \
            yahoo.ie eircom.net ziggo.nl kpnmail.nl planet.nl xs4all.nl live.nl telenet.be skynet.be proximus.be \
            online.no telia.com comhem.se spray.se mail.dk luukku.com hot.ee inbox.lv one.lt seznam.cz centrum.cz \
            email.cz azet.sk wp.pl onet.pl interia.pl o2.pl op.pl freemail.hu citromail.hu abv.bg yahoo.ro siol.net \
            otenet.gr mail.ru bk.ru list.ru inbox.ru yandex.ru ya.ru rambler.ru ukr.net i.ua yandex.by mynet.com \
            yahoo.com.tr naver.com hanmail.net daum.net nate.com qq.com 126.com yeah.net sina.com sohu.com 139.com \
            foxmail.com aliyun.com hinet.net yahoo.com.tw yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com \
            rediffmail.com yahoo.co.in yahoo.co.id yahoo.com.vn singnet.com.sg bigpond.com optusnet.com.au xtra.co.nz \
            walla.co.il mweb.co.za telkomsa.net yahoo.com.br uol.com.br bol.com.br terra.com.br globo.com \
            hotmail.com.ar prodigy.net.mx comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net \
            earthlink.net rr.com sympatico.ca shaw.ca rogers.com videotron.ca gmail.com googlemail.com outlook.com \
            outlook.de hotmail.com live.com msn.com icloud.com mac.com aol.com proton.me pm.me protonmail.com tutanota.com \
            tuta.com fastmail.com hey.com zoho.com mail.com email.com usa.com europe.com consultant.com hushmail.com \
            mailinator.com guerrillamail.com yopmail.com 10minutemail.com duck.com privaterelay.appleid.com vip.qq.com";
        for host in hosts.split_whitespace() {
            assert_eq!(Domain::parse(host), Err(reason::SHARED_DOMAIN), "{host}");
        }
    }

    #[test]
    fn organisations_keep_their_own_domain() {
        let hosts = "alibaba.com ancestry.com name.com space.com techspot.com medscape.com eurosport.com test.de cox.com \
            nus.edu.sg unican.es discovery.com parrot.com oath.com \
            apple.com google.com microsoft.com amazon.com ibm.com oracle.com sap.com siemens.com samsung.com sony.com \
            vodafone.com telekom.de telekom.com att.com bt.com t-mobile.com telefonica.com orange.com comcast.com charter.com \
            baidu.com tencent.com naver.co sina.co godaddy.com ionos.de strato.de ovh.net hetzner.com harvard.edu mit.edu \
            ox.ac.uk europa.eu deloitte.com bmw.de bosch.de laposte.fr mailchimp.com mailgun.com mailbox.de.example \
            gmx.example webde.de myicloud.com acme.example hotmail.example protonmail.example";
        for host in hosts.split_whitespace() {
            assert!(!has(host), "{host}");
            assert!(
                Domain::parse(host).is_ok_and(|domain| domain.host() == host),
                "{host}"
            );
        }
    }

    #[test]
    fn the_list_is_sorted_and_in_the_form_of_hosts() {
        let hosts: Vec<&str> = marked().map(|(host, _)| host).collect();
        assert!(hosts.len() > 6000);
        assert!(hosts.is_sorted_by(|one, other| one < other));
        for host in &hosts {
            let is_lower = !host.bytes().any(|byte| byte.is_ascii_uppercase());
            assert!(host.is_ascii() && is_lower && is_hostname(host), "{host}");
            // A registry's suffix would include everything registered under it.
            assert!(public_suffix::is_registrable(host), "{host}");
            assert!(has(host) || marked().any(|line| line == (*host, Some(EXCEPTED))));
        }
    }

    #[test]
    fn no_host_is_below_another() {
        for (host, _) in marked() {
            let mut parents = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
            assert!(!parents.any(has), "{host}");
        }
    }

    /// The script that generates the list refuses a line of `by-hand.txt` without effect.
    #[test]
    fn hand_written_lines_are_in_the_list_and_needed() {
        let by_hand: Vec<(&str, Option<char>)> = BY_HAND
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| (&line[1..], line.chars().next()))
            .collect();
        for line in &by_hand {
            assert!(
                marked().any(|listed| listed == *line),
                "renew list.txt: {line:?}"
            );
        }
        let marks = marked().filter(|(_, mark)| mark.is_some()).count();
        assert_eq!(marks, by_hand.len(), "renew list.txt");
    }
}
