//! The agent.

use super::{Confidential, Field, Kind};

/// The agent who attended, as registered when the session was sent.
pub(super) const FIELDS: &[Field] = &[
    Field::new("agent_id", Kind::Text)
        .label("ID do agente", "Agent ID")
        .pt("Identificador do agente que atendeu. Vazio quando ninguém atendeu: \
            é o que separa as sessões atendidas das demais.")
        .en("Identifier of the agent who attended. Empty when nobody did: \
            it tells attended sessions from the others.")
        .confidential(Confidential::Agent),
    Field::new("agent_name", Kind::Text)
        .label("Agente", "Agent")
        .pt("Nome do agente da sessão; após transferências, o da atualização mais recente. \
            Vazio quando ninguém atendeu.")
        .en("Name of the session's agent; after transfers, that of the latest update. \
            Empty when nobody attended.")
        .confidential(Confidential::Agent),
    Field::new("agent_codename", Kind::Text)
        .label("Codinome do agente", "Agent codename")
        .pt("Nome com que o agente aparece para o contato. Dois agentes podem ter o mesmo: \
            para contar agentes, use o ID.")
        .en("Name the agent goes by towards the contact. Two agents may share one: to count agents, \
            use the ID.")
        .confidential(Confidential::Agent),
    Field::new("agent_email", Kind::Text)
        .label("E-mail do agente", "Agent e-mail")
        .pt("E-mail do agente, que é também seu login. É dado pessoal: em relatórios compartilhados, \
            prefira o nome ou o codinome.")
        .en("The agent's e-mail, which is the login too. Personal data: in shared reports, \
            prefer the name or the codename.")
        .confidential(Confidential::Agent),
    Field::new("agent_ramal", Kind::Text)
        .label("Ramal do agente", "Agent extension")
        .pt("Ramal telefônico do cadastro do agente, como texto para preservar zeros à esquerda. \
            Vazio para quem não tem ramal.")
        .en("Telephone extension in the agent's registration, as text so that leading zeros stay. \
            Empty for those who have none.")
        .confidential(Confidential::Agent),
    Field::new("agents_conference", Kind::Text)
        .label("Agentes em conferência", "Agents in conference")
        .pt("Agentes que participaram da sessão em conferência, separados por vírgula. \
            Vazio quando não houve conferência.")
        .en("Agents who took part in the session by conference, separated by commas. \
            Empty when there was no conference.")
        .confidential(Confidential::Agent),
    Field::new("agent_campaigns", Kind::Text)
        .label("Equipes do agente", "Agent's teams")
        .pt("Equipes a que o agente pertence, em geral pelos IDs, separadas por vírgula. \
            A equipe desta sessão está no campo Equipe.")
        .en("Teams the agent belongs to, mostly by ID, separated by commas. \
            The team of this session is in the field Team.")
        .confidential(Confidential::Trait),
    Field::new("agent_status", Kind::Text)
        .label("Status do agente", "Agent status")
        .pt("Situação do agente, como online, quando a sessão foi enviada. \
            Não mostra quem está disponível agora.")
        .en("State of the agent, such as online, when the session was sent. \
            It does not show who is available now.")
        .confidential(Confidential::Trait),
    Field::new("agent_begin", Kind::Text)
        .label("Início do expediente", "Shift start")
        .pt("Hora a partir da qual o agente pode entrar na plataforma, como 08:00. \
            É o horário permitido, não o de chegada.")
        .en("Time of day from which the agent may log in, such as 08:00. It is the time allowed, \
            not the time of arrival.")
        .confidential(Confidential::Trait),
    Field::new("agent_end", Kind::Text)
        .label("Fim do expediente", "Shift end")
        .pt("Hora até a qual o agente pode entrar na plataforma, como 18:00. É o horário permitido, \
            não o de saída.")
        .en("Time of day until which the agent may log in, such as 18:00. It is the time allowed, \
            not the time of leaving.")
        .confidential(Confidential::Trait),
    Field::new("agent_logged_at", Kind::Instant)
        .label("Login do agente", "Agent login")
        .pt("Momento do último login do agente conhecido ao enviar a sessão, no fuso da conta. \
            Não serve para medir jornada.")
        .en("Moment of the agent's last login known when the session was sent, in the account's zone. \
            No measure of hours worked.")
        .confidential(Confidential::Trait),
    Field::new("agent_session_origin_web", Kind::Boolean)
        .label("Login do agente via web", "Agent logged in on the web")
        .pt("Verdadeiro quando o agente entrou pelo navegador. \
            Vazio quando ninguém atendeu ou a plataforma não informa.")
        .en("True when the agent logged in with a browser. \
            Empty when nobody attended or the platform does not say."),
    Field::new("agent_session_origin_app", Kind::Boolean)
        .label("Login do agente via aplicativo", "Agent logged in on the app")
        .pt("Verdadeiro quando o agente entrou pelo aplicativo. \
            Vazio quando ninguém atendeu ou a plataforma não informa.")
        .en("True when the agent logged in with the app. Empty when nobody attended or the platform \
            does not say."),
    Field::new("agent_language", Kind::Text)
        .label("Idioma do agente", "Agent language")
        .pt("Idioma em que o agente usa a plataforma, como pt-br. \
            Não indica o idioma da conversa com o contato.")
        .en("Language in which the agent uses the platform, such as pt-br. \
            It does not tell the language of the conversation.")
        .confidential(Confidential::Trait),
    Field::new("agent_history", Kind::Text)
        .label("Histórico liberado ao agente", "History open to agent")
        .pt("Código da configuração de quais conversas anteriores o agente pode ver. É uma permissão, \
            não o histórico em si.")
        .en("Code of the setting for which earlier conversations the agent may see. It is a permission, \
            not the history itself.")
        .confidential(Confidential::Trait),
    Field::new("agent_restrict_active_contact", Kind::Boolean)
        .label("Agente com contato ativo restrito", "Agent's active contact restricted")
        .pt("Marca no cadastro do agente que o desabilita para iniciar contatos. Vale para o cadastro, \
            não só para esta sessão.")
        .en("Mark in the agent's registration that disables starting contacts. \
            It concerns the registration, not just this session."),
    Field::new("agent_created_at", Kind::Instant)
        .label("Cadastro do agente", "Agent registered")
        .pt("Momento em que o agente foi cadastrado, no fuso da conta. Repete-se em cada sessão: \
            não conte linhas para contar agentes.")
        .en("Moment the agent was registered, in the account's zone. Repeated in every session: \
            do not count rows to count agents.")
        .confidential(Confidential::Trait),
    Field::new("agent_use_main_login", Kind::Text)
        .label("Recuperação pelo login", "Recovery by login")
        .pt("Diz se o login do agente serve também de e-mail de recuperação de senha. Vem como texto, \
            do modo que a plataforma envia.")
        .en("Whether the agent's login is the password recovery e-mail too. Comes as text, \
            the way the platform sends it.")
        .confidential(Confidential::Trait),
    Field::new("agent_email_forgot_password", Kind::Text)
        .label("E-mail de recuperação do agente", "Agent recovery e-mail")
        .pt("E-mail usado para recuperar a senha do agente. \
            É dado pessoal e raramente útil em gráficos; vazio se não cadastrado.")
        .en("E-mail used to recover the agent's password. Personal data and rarely of use in charts; \
            empty if not registered.")
        .confidential(Confidential::Agent),
];
