// Drawing an Adaptive Card as Teams does, with Microsoft's own renderer.
//
// The renderer and the Markdown reader are plain scripts, loaded before this module: AdaptiveCards, markdownit.

/* global AdaptiveCards, markdownit */

const quiet = { default: '#242424', subtle: '#616161' };
const colors = {
  default: quiet,
  dark: quiet,
  light: { default: '#ffffff', subtle: '#ededed' },
  accent: { default: '#4f52b2', subtle: '#6b6fd0' },
  good: { default: '#0e700e', subtle: '#2c8a2c' },
  warning: { default: '#8a3707', subtle: '#a8500f' },
  attention: { default: '#b10e1c', subtle: '#c4314b' },
};
const container = (backgroundColor, borderColor) => ({ backgroundColor, borderColor, foregroundColors: colors });

const LOOK = {
  fontFamily: 'inherit',
  supportsInteractivity: true,
  fontTypes: {
    default: { fontFamily: 'inherit', fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 22 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
    monospace: { fontFamily: 'ui-monospace, Consolas, monospace', fontSizes: { small: 12, default: 13, medium: 15, large: 17, extraLarge: 20 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
  },
  spacing: { small: 4, default: 8, medium: 12, large: 20, extraLarge: 28, padding: 16 },
  separator: { lineThickness: 1, lineColor: '#e0e0e0' },
  imageSizes: { small: 32, medium: 52, large: 96 },
  containerStyles: {
    default: container('#ffffff', '#e0e0e0'),
    emphasis: container('#f5f5f5', '#e0e0e0'),
    accent: container('#eeeffb', '#b9bbec'),
    good: container('#f1faf1', '#9fd89f'),
    attention: container('#fdf3f4', '#eeacb2'),
    warning: container('#fff9f5', '#fdcfb4'),
  },
  actions: { maxActions: 6, spacing: 'default', buttonSpacing: 8, showCard: { actionMode: 'inline', inlineTopMargin: 12 }, actionsOrientation: 'horizontal', actionAlignment: 'left' },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { color: 'default', size: 'default', isSubtle: true, weight: 'default', wrap: true, maxWidth: 130 },
    value: { color: 'default', size: 'default', isSubtle: false, weight: 'default', wrap: true },
    spacing: 12,
  },
  inputs: {
    allowDynamicallyFilteredChoiceSet: true,
    debounceTimeInMilliSeconds: 250,
    label: { inputSpacing: 'small', requiredInputs: { suffix: ' *', suffixColor: 'attention', weight: 'bolder' }, optionalInputs: { weight: 'bolder' } },
    errorMessage: { spacing: 'small', color: 'attention', size: 'small', weight: 'default' },
  },
};

const openBeside = (url) => window.open(url, '_blank', 'noopener');

/**
 * The card as an element; *onPress({verb, data})* is called when an action that reaches the bot is pressed.
 * Null when the card cannot be drawn. *onSearch(dataset, typed)* gives the choices of an input that looks for them;
 * *onOpen(url)* is told of a link that is pressed.
 */
export function drawCard(content, onPress, onSearch = null, onOpen = openBeside) {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdownit({ html: false, linkify: false }).render(text);
    result.didProcess = true;
  };
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(LOOK);
  card.onExecuteAction = (action) => {
    if (action instanceof AdaptiveCards.OpenUrlAction) onOpen(action.url);
    else if (action instanceof AdaptiveCards.ExecuteAction) onPress({ verb: action.verb, data: action.data });
    else if (action instanceof AdaptiveCards.SubmitAction) onPress({ as: action.data?.msteams?.type === 'task/fetch' ? 'fetch' : 'submit', data: action.data });
  };
  card.onInputValueChanged = async (input) => {
    if (!onSearch || !input.isDynamicTypeahead?.()) return;
    const typed = input.getFilterForDynamicSearch();
    if (typed) input.renderChoices(typed, await onSearch(input.choicesData.dataset, typed));
  };
  try {
    card.parse(onSearch ? { ...content, version: '1.6' } : content); // Teams looks for choices in cards of 1.5 as well
    const drawn = card.render();
    if (drawn && content.lang) drawn.lang = content.lang;
    return drawn ?? null;
  } catch (error) {
    console.error('a card could not be drawn', error);
    return null;
  }
}
