//! What is said whatever the topic, and how texts are varied.

use super::chance::Chance;

pub(crate) const FIRST_NAMES: &[&str] = &[
    "Ana",
    "Bruno",
    "Carla",
    "Diego",
    "Elaine",
    "Fábio",
    "Gabriela",
    "Heitor",
    "Isabela",
    "João",
    "Karina",
    "Lucas",
    "Márcia",
    "Nelson",
    "Otávia",
    "Paulo",
    "Quésia",
    "Rafael",
    "Sônia",
    "Tiago",
    "Úrsula",
    "Vinícius",
    "Wanda",
    "Yuri",
];

pub(crate) const CITIES: &[&str] = &[
    "São Paulo",
    "Campinas",
    "Ribeirão Preto",
    "Santos",
    "Rio de Janeiro",
    "Niterói",
    "Belo Horizonte",
    "Uberlândia",
    "Curitiba",
    "Londrina",
    "Florianópolis",
    "Joinville",
    "Porto Alegre",
    "Recife",
    "Salvador",
    "Fortaleza",
    "Manaus",
    "Goiânia",
    "Brasília",
    "Vitória",
];

pub(crate) const GREETINGS: &[&str] = &[
    "Oi",
    "Olá",
    "Bom dia",
    "Boa tarde",
    "Boa noite",
    "Oi, tudo bem?",
    "Olá, bom dia!",
    "oii",
    "Opa",
    "Alô?",
    "Oi gente",
    "Bom dia, preciso de ajuda",
];

pub(crate) const WELCOMES: &[&str] = &[
    "Olá, {nome}! 👋 Bem-vindo ao nosso atendimento. Escolha uma opção:",
    "Oi! Eu sou a Lia, assistente virtual. Como posso ajudar hoje?",
    "Olá! Para agilizar o atendimento, digite o número da opção desejada.",
    "Que bom falar com você de novo, {nome}! O que você precisa?",
];

pub(crate) const INVALID: &[&str] = &[
    "Não entendi 🤔 Digite apenas o número de uma das opções.",
    "Opção inválida. Tente novamente, por favor.",
];

pub(crate) const QUEUED: &[&str] = &[
    "Certo! Estou transferindo você para um atendente, aguarde um momento.",
    "Você é o número {quantidade} da fila. Já vamos atender!",
    "Todos os atendentes estão ocupados, mas em breve falaremos com você.",
];

pub(crate) const AGENT_HELLOS: &[&str] = &[
    "Olá {nome}, meu nome é {agente}, tudo bem? Em que posso ajudar?",
    "Bom dia! Aqui é {agente}, vou continuar o seu atendimento.",
    "Oi {nome}! Sou {agente}. Já li o que você mandou, só um instante.",
    "Boa tarde, {nome}! {agente} falando. Obrigado por aguardar.",
];

pub(crate) const AGENT_FILLERS: &[&str] = &[
    "Um momento, por favor, estou verificando no sistema.",
    "Obrigado por aguardar!",
    "Entendi, vou conferir para você.",
    "Ainda está por aí?",
    "Perfeito, anotado aqui.",
    "Só mais um minutinho, o sistema está um pouco lento hoje.",
    "Vou confirmar com o setor responsável e já retorno.",
];

pub(crate) const CONTACT_FILLERS: &[&str] = &[
    "Ok",
    "ok, aguardo",
    "Certo",
    "Sim",
    "Não",
    "tá bom",
    "Entendi",
    "Beleza",
    "Sim, por favor",
    "Pode ser",
    "Isso mesmo",
    "Alguém aí?",
    "Demora muito?",
    "?",
    "👍",
];

pub(crate) const CONTACT_BYES: &[&str] = &[
    "Obrigado pela atenção!",
    "Muito obrigada, resolveu 😊",
    "Valeu!",
    "Era só isso, obrigado",
    "Deus abençoe 🙏",
    "Tá, vou aguardar então",
    "Péssimo atendimento",
    "Nota 10!",
    "Brigada, bom trabalho pra vc",
];

pub(crate) const AGENT_BYES: &[&str] = &[
    "Posso ajudar em algo mais?",
    "Por nada! Tenha um ótimo dia, {nome}.",
    "Agradecemos o seu contato. Até mais!",
    "Fico à disposição. Seu protocolo é {protocolo}.",
];

pub(crate) const ENDINGS: &[&str] = &[
    "Obrigado pelo contato! Seu protocolo é {protocolo}.",
    "Atendimento encerrado. Até a próxima! 💙",
    "Agradecemos a preferência. Avalie o nosso atendimento na próxima mensagem.",
];

pub(crate) const CLOSED: &[&str] = &[
    "No momento estamos fora do horário de atendimento. Funcionamos de segunda a sexta, das 8h às 18h.",
    "Nosso atendimento já encerrou por hoje. Deixe sua mensagem e retornamos no próximo dia útil.",
];

pub(crate) const SELF_SERVICE: &[&str] = &[
    "Aqui está o link da segunda via: https://exemplo.com.br/fatura/{numero}",
    "Seu pedido {pedido} está a caminho e chega até {data}.",
    "Nosso horário é de segunda a sexta, das 8h às 18h, e sábado até o meio-dia.",
    "O saldo do seu programa de pontos é de {numero} pontos.",
    "A unidade mais próxima fica no centro de {cidade}.",
];

pub(crate) const REMINDERS: &[&str] = &[
    "Você ainda está aí? Seu atendimento será encerrado por inatividade.",
    "Como não tivemos resposta, estamos encerrando este atendimento. É só chamar de novo!",
];

pub(crate) const TEMPLATES: &[&str] = &[
    "Olá {nome}! Seu pedido {pedido} foi confirmado e será entregue até {data}.",
    "{nome}, sua fatura de {valor} vence em {data}. Responda 1 para receber a segunda via.",
    "Lembrete: você tem um horário marcado em {data}, às {hora}. Confirma a presença?",
    "Oi {nome}, temos uma condição especial para você até {data}. Quer saber mais?",
    "Como foi a sua experiência com a gente? Responda de 0 a 10.",
];

pub(crate) const LEGENDS: &[&str] =
    &["olha aqui", "segue a foto", "é isso que aparece", "comprovante", "tá assim ó 😕", "documento"];

pub(crate) const SPOKEN: &[&str] = &[
    "oi eu queria saber se vocês já resolveram aquele problema que eu falei ontem",
    "então é que ela pisca duas vezes e depois desliga sozinha",
    "eu tô dirigindo agora não consigo digitar pode me ligar mais tarde",
    "é o pedido que eu fiz semana passada ainda não chegou nada aqui em casa",
    "bom dia tudo bem eu preciso da segunda via do boleto por favor",
];

const EMOJI: &[&str] = &["😊", "🙏", "😕", "👍", "😡", "😂", "❤️", "🤔", "👏", "😅"];

/// How hurried people write.
const SHORT: &[(&str, &str)] = &[
    ("você", "vc"),
    ("Você", "Vc"),
    ("não", "nao"),
    ("Não", "nao"),
    ("também", "tb"),
    ("porque", "pq"),
    ("está", "tá"),
    ("para", "pra"),
    ("quando", "qdo"),
    ("hoje", "hj"),
    ("obrigado", "obg"),
    ("cadê", "kd"),
    ("que", "q"),
    ("muito", "mto"),
    ("ã", "a"),
    ("é ", "eh "),
    ("ç", "c"),
    ("ss", "s"),
    ("Boa tarde", "boa trade"),
    ("por favor", "pfv"),
];

/// What a text's `{…}` stand for in one session.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    pub(crate) name: String,
    pub(crate) agent: String,
    pub(crate) protocol: String,
    pub(crate) product: &'static str,
}

/// Puts something into each `{…}` of `text`; what is not the session's own is drawn.
pub(crate) fn fill(text: &str, slots: &Slots, chance: &mut Chance) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, (placeholder, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push_str(&match placeholder {
            "nome" => slots.name.clone(),
            "agente" => slots.agent.clone(),
            "protocolo" => slots.protocol.clone(),
            "produto" => slots.product.to_owned(),
            "cidade" => (*chance.pick(CITIES)).to_owned(),
            "data" => format!("{:02}/{:02}", chance.between(1, 28), chance.between(1, 12)),
            "hora" => format!("{:02}:{:02}", chance.between(8, 18), 15 * chance.between(0, 3)),
            "valor" => format!("R$ {},{:02}", chance.between(19, 899), 10 * chance.between(0, 9)),
            "quantidade" => chance.between(2, 12).to_string(),
            "pedido" => format!("#{}", chance.between(100_000, 999_999)),
            _ => chance.between(1_000, 99_999).to_string(),
        });
        rest = after;
    }
    filled + rest
}

/// `text` as a contact would type it: now and then hurried, in lower case or with an emoji.
pub(crate) fn typed(text: &str, chance: &mut Chance) -> String {
    let mut typed = text.to_owned();
    if chance.happens(0.35) {
        for _ in 0..2 {
            let (long, short) = chance.pick(SHORT);
            typed = typed.replace(long, short);
        }
    }
    if chance.happens(0.3) {
        typed = typed.to_lowercase();
    }
    if chance.happens(0.12) {
        typed = format!("{typed} {}", chance.pick(EMOJI));
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::super::topics::TOPICS;
    use super::*;

    #[test]
    fn no_text_keeps_an_empty_place() {
        let slots = Slots {
            name: "Contato Exemplo 1".to_owned(),
            agent: "Ana".to_owned(),
            protocol: "2026100300001".to_owned(),
            product: "roteador",
        };
        let mut chance = Chance::new(3);
        let topics =
            TOPICS.iter().flat_map(|topic| [topic.openers, topic.questions, topic.answers, topic.solutions]);
        let others = [WELCOMES, QUEUED, AGENT_HELLOS, AGENT_BYES, ENDINGS, SELF_SERVICE, TEMPLATES];
        for text in topics.chain(others).flatten() {
            let filled = fill(text, &slots, &mut chance);
            assert!(!filled.contains(['{', '}']), "{filled}");
        }
    }
}
