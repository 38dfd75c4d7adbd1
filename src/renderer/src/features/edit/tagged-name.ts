/** As a list of images names it: without a tag, `latest` is meant. A digest is no name that could move. */
export const taggedName = (image: string): string => (image.includes('@') || /:[^/]+$/.test(image) ? image : `${image}:latest`)
