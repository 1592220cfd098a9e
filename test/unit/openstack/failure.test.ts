import * as assert from "node:assert/strict";
import { wordsOf } from "../../../components/openstack/failure";

describe("the words of a refusal", () => {
  // In the shape that each service gives them.
  const bodies: Record<string, [body: string, words: string]> = {
    Ironic: [
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Node x could not be found.\\", \\"debuginfo\\": null}"}',
      "Node x could not be found.",
    ],
    "Ironic without a string": ['{"error_message": {"faultstring": "Not authorized"}}', "Not authorized"],
    "ESI-Leap": [
      '{"debuginfo": null, "faultcode": "Server", "faultstring": "Time conflict for x"}',
      "Time conflict for x",
    ],
    Keystone: [
      '{"error": {"code": 401, "message": "The request\\nyou made", "title": "Unauthorized"}}',
      "The request you made",
    ],
    Neutron: [
      '{"NeutronError": {"type": "PortNotFound", "message": "Port y could not be found.", "detail": ""}}',
      "Port y could not be found.",
    ],
    Glance: [
      "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>No image<br /></body></html>",
      "404 Not Found No image",
    ],
    nothing: ["", "it did not say why"],
    "other JSON": ['{"a": 1}', '{"a": 1}'],
    text: ["upstream timed out", "upstream timed out"],
  };
  for (const [service, [body, words]] of Object.entries(bodies)) {
    it(`are found in an answer of ${service}`, () => {
      assert.equal(wordsOf(body), words);
    });
  }
  it("are cut", () => {
    assert.equal(wordsOf("x".repeat(9000)).length, 500);
  });
});
