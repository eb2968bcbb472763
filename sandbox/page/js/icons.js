// The page's few icons, drawn for it: 20 × 20, in the colour of the text around them.

const PATHS = {
  forward: 'M11.5 4.5 17 10l-5.5 5.5M16.5 10H8a4.5 4.5 0 0 0-4.5 4.5v1',
  reply: 'M8.5 4.5 3 10l5.5 5.5M3.5 10H12a4.5 4.5 0 0 1 4.5 4.5v1',
  pen: 'M4 16l.8-3.6L13.2 4a1.6 1.6 0 0 1 2.3 0l.5.5a1.6 1.6 0 0 1 0 2.3l-8.4 8.4L4 16zM11.8 5.4l2.8 2.8',
  globe: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3.2 10h13.6M10 3c2.2 2 3.2 4.4 3.2 7s-1 5-3.2 7c-2.2-2-3.2-4.4-3.2-7s1-5 3.2-7z',
  clip: 'M14.6 9.2 9.4 14.4a3 3 0 0 1-4.3-4.3l5.9-5.9a2 2 0 0 1 2.9 2.9l-5.8 5.8a1 1 0 0 1-1.5-1.4l5.1-5.1',
  file: 'M6 3h5l4 4v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 3v4h4',
  send: 'M3.5 10 3 4l14 6-14 6 .5-6zm0 0H10',
  phone: 'M7 3h6a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM9 14.8h2',
  wide: 'M4 5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM7.5 16.5h5M10 14v2.5',
  cloud: 'M6.5 15.5a3.5 3.5 0 0 1-.4-7 4.2 4.2 0 0 1 8.2.9 3 3 0 0 1-.3 6.1H6.5z',
  chain: 'M8.6 11.4a2.6 2.6 0 0 0 3.8 0l2.4-2.4a2.6 2.6 0 1 0-3.8-3.8l-.9.9M11.4 8.6a2.6 2.6 0 0 0-3.8 0L5.2 11A2.6 2.6 0 1 0 9 14.8l.9-.9',
  check: 'M4.5 10.5 8.2 14l7.3-8',
  cross: 'M5.5 5.5l9 9m0-9-9 9',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  search: 'M9 3.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 9 3.8zM13 13l3.7 3.7',
  hammer: 'M11 5.2l3.8 3.8M9.5 6.7l3.8 3.8 2.5-2.5L12 4.2 9.5 6.7zM10.6 9.4 4.2 15.8',
  undo: 'M7 5 3.5 8.5 7 12M4 8.5h7.5a4 4 0 0 1 0 8H9',
  mail: 'M4 5h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM3.3 6l6.7 4.8L16.7 6',
  chat: 'M4 4h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3.5V13H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z',
  book: 'M5 4.5A1.5 1.5 0 0 1 6.500 3H15v14H6.500A1.5 1.500 0 0 1 5 15.500v-11zM5 14.500A1.500 1.500 0 0 1 6.500 13H15M8 6.500h4',
  drive: 'M6 15.500a3 3 0 0 1-.6-5.940A4.500 4.500 0 0 1 13.800 8a3.600 3.600 0 0 1 .7 7.500zM10 16V9.500M7.600 11.500 10 9.200l2.400 2.300',
  seal: 'M10 3l1.700 1.500 2.200-.2.600 2.200 1.900 1.200-.9 2 .9 2-1.900 1.200-.6 2.200-2.200-.2L10 16.500l-1.700-1.600-2.200.2-.6-2.200-1.900-1.200.9-2-.9-2 1.900-1.200.6-2.200 2.200.2zM7.500 9.800l1.800 1.800 3.300-3.500',
  up: 'M10 16V4M5 9l5-5 5 5',
  down: 'M10 4v12M5 11l5 5 5-5',
};

const MIRRORED = new Set(['forward', 'reply', 'back', 'send', 'undo']);

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', MIRRORED.has(name) ? 'icon mirrored' : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
