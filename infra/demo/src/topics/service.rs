//! Topics of a service: repairing, booking, learning and complaining.

use super::{Tag, Topic};

pub(crate) const SUPPORT: Topic = Topic {
    team: "Suporte Técnico",
    menu: "Suporte",
    openers: &[
        "Meu {produto} parou de funcionar",
        "Oi, comprei o {produto} dia {data} e ele não liga mais",
        "O aplicativo fecha sozinho quando tento abrir a câmera",
        "Não consigo conectar no wi-fi, aparece erro {numero}",
        "O {produto} fica piscando uma luz vermelha e não responde",
        "Esqueci a senha do aplicativo e o e-mail de recuperação não chega",
        "Depois da atualização de {data} ficou tudo muito lento",
        "A internet caiu de novo aqui em {cidade}, já é a terceira vez essa semana",
    ],
    questions: &[
        "Pode me informar o modelo que está na etiqueta, por favor?",
        "A luz do painel está verde, amarela ou vermelha?",
        "Você já tentou desligar da tomada por 30 segundos?",
        "Consegue me mandar uma foto da tela com o erro?",
        "Qual é a versão do aplicativo que aparece no menu Sobre?",
        "O problema acontece o tempo todo ou só em alguns horários?",
    ],
    answers: &[
        "Já tentei isso e não resolveu",
        "Deixa eu ver aqui, um minuto",
        "O modelo é {produto}, comprado em {data}",
        "Está vermelha, piscando duas vezes",
        "Agora apareceu erro {numero}",
        "Só acontece à noite, depois das {hora}",
        "Reiniciei e voltou por uns minutos, depois parou de novo",
        "Não sei onde fica esse menu",
    ],
    solutions: &[
        "Fiz um novo envio da configuração, pode reiniciar o aparelho por favor?",
        "Abri o chamado {numero} para a equipe técnica, o retorno é em até 24 horas",
        "Vou agendar a visita de um técnico para {data}, no período da manhã",
        "Redefini a sua senha, o link chega por e-mail em alguns minutos",
        "Nesse caso a garantia cobre a troca do {produto}, sem custo",
    ],
    tabulations: &[
        ("Resolvido", 50),
        ("Visita agendada", 14),
        ("Chamado aberto", 20),
        ("Garantia", 9),
        ("Sem retorno do cliente", 7),
    ],
    tags: &[
        Tag {
            tag: "motivo",
            question: "Qual o motivo do contato?",
            answers: &["garantia", "instalação", "não liga", "senha", "lentidão", "conexão"],
        },
        Tag {
            tag: "produto",
            question: "Qual produto você tem?",
            answers: &["câmera", "roteador", "fechadura digital", "aplicativo"],
        },
    ],
    products: &[
        "roteador AC1200",
        "câmera Mini 2",
        "repetidor R10",
        "fechadura digital F3",
        "interfone IP",
        "modem fibra",
    ],
};

pub(crate) const BOOKING: Topic = Topic {
    team: "Agendamento",
    menu: "Agendar ou remarcar",
    openers: &[
        "Gostaria de marcar uma {produto} para {data}",
        "Preciso remarcar meu horário das {hora}",
        "Tem vaga para {produto} ainda essa semana?",
        "Vocês atendem aos sábados?",
        "Quero cancelar o agendamento de {data}",
        "Qual o preparo para a {produto}?",
    ],
    questions: &[
        "Prefere o período da manhã ou da tarde?",
        "É a primeira vez com a gente?",
        "O atendimento é particular ou por convênio?",
        "Tenho {data} às {hora}, pode ser?",
        "Qual unidade fica melhor para você, Centro ou {cidade}?",
    ],
    answers: &[
        "De manhã, se possível",
        "Pode ser sim, {data} às {hora}",
        "Nesse dia não consigo, tem outro?",
        "É por convênio",
        "Sim, é a primeira vez",
        "A unidade do Centro é melhor",
    ],
    solutions: &[
        "Agendado! {produto} em {data} às {hora}, chegue 15 minutos antes",
        "Remarquei para {data}, você vai receber um lembrete na véspera",
        "Cancelamento confirmado, sem cobrança",
        "O preparo é jejum de 8 horas; água pode à vontade",
        "Coloquei você na lista de espera e aviso se abrir vaga",
    ],
    tabulations: &[
        ("Agendado", 48),
        ("Remarcado", 22),
        ("Cancelado", 12),
        ("Lista de espera", 8),
        ("Informação", 10),
    ],
    tags: &[
        Tag {
            tag: "unidade",
            question: "Em qual unidade?",
            answers: &["Centro", "Zona Norte", "Zona Sul", "Shopping"],
        },
        Tag { tag: "convenio", question: "Particular ou convênio?", answers: &["particular", "convênio"] },
    ],
    products: &["consulta", "avaliação", "revisão", "vistoria", "aula experimental", "instalação"],
};

pub(crate) const ENROLMENT: Topic = Topic {
    team: "Matrículas",
    menu: "Cursos e matrículas",
    openers: &[
        "Quero saber sobre o curso de {produto}",
        "As inscrições para {produto} vão até quando?",
        "Tem bolsa para {produto}?",
        "Preciso trancar a matrícula",
        "Perdi a aula de {data}, tem reposição?",
    ],
    questions: &[
        "Prefere aulas presenciais ou online?",
        "Já concluiu o ensino médio?",
        "Qual horário é melhor, manhã ou noite?",
        "Posso agendar uma visita à unidade {cidade}?",
    ],
    answers: &[
        "Online, por causa do trabalho",
        "À noite, depois das {hora}",
        "Já concluí sim, em 2019",
        "Quanto fica a mensalidade?",
        "Vou mandar os documentos amanhã",
    ],
    solutions: &[
        "A próxima turma de {produto} começa em {data}",
        "A mensalidade fica em {valor} com a bolsa de 30%",
        "Matrícula pré-reservada, falta só a foto do documento",
        "A reposição é em {data} às {hora}",
    ],
    tabulations: &[
        ("Matrícula iniciada", 28),
        ("Visita agendada", 20),
        ("Informação", 34),
        ("Trancamento", 8),
        ("Sem retorno", 10),
    ],
    tags: &[Tag {
        tag: "curso",
        question: "Qual curso interessa?",
        answers: &["inglês", "administração", "enfermagem", "programação", "gastronomia"],
    }],
    products: &["inglês", "administração", "técnico em enfermagem", "programação", "gastronomia", "espanhol"],
};

pub(crate) const COMPLAINTS: Topic = Topic {
    team: "Ouvidoria",
    menu: "Reclamações e elogios",
    openers: &[
        "Quero registrar uma reclamação",
        "É um absurdo, já liguei {quantidade} vezes e ninguém resolve",
        "Queria elogiar o atendimento da loja de {cidade}",
        "Vou procurar o Procon se não resolverem até {data}",
        "Me transferiram três vezes e a ligação caiu",
    ],
    questions: &[
        "Lamento muito por isso. Pode me contar o que aconteceu?",
        "Tem o número do protocolo anterior?",
        "Em qual dia foi o atendimento?",
        "Qual seria a melhor solução para você?",
    ],
    answers: &[
        "O protocolo era {numero}",
        "Foi dia {data}, por volta das {hora}",
        "Só quero meu dinheiro de volta",
        "Fui muito mal atendido",
        "Obrigado por me ouvir pelo menos",
        "Quero falar com um supervisor",
    ],
    solutions: &[
        "Registrei a sua manifestação sob o número {numero}, resposta em até 5 dias úteis",
        "Encaminhei o caso ao gerente de {cidade}, que liga até {data}",
        "Vamos devolver {valor} como cortesia pelo transtorno",
        "Seu elogio foi enviado à equipe, muito obrigado! 💙",
    ],
    tabulations: &[
        ("Reclamação procedente", 36),
        ("Reclamação improcedente", 18),
        ("Elogio", 14),
        ("Sugestão", 10),
        ("Encaminhado", 22),
    ],
    tags: &[Tag {
        tag: "manifestacao",
        question: "Qual o tipo da manifestação?",
        answers: &["reclamação", "elogio", "sugestão", "denúncia"],
    }],
    products: &["atendimento", "produto", "site"],
};
