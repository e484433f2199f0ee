"""The Java client printed in docs/integration.md, compiled as printed, signs a report off."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

from conftest import need_tool
from patience import PATIENCE_S
from web_house import SECRET, event, served_house

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integration.md"

PROGRAM = """
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Client {
    public static void main(String[] arguments) throws Exception {
        String base = arguments[0];
        String secret = arguments[1];
        String json = new String(Files.readAllBytes(Path.of(arguments[2])), StandardCharsets.UTF_8);
        %s
        Files.write(Path.of(arguments[3]), answer.getBytes(StandardCharsets.UTF_8));
    }
}
"""


def test_the_printed_java_client_is_understood(tmp_path: Path) -> None:
    javac, java = need_tool("javac"), need_tool("java")
    (printed,) = re.findall(r"```java\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)
    (tmp_path / "Client.java").write_text(PROGRAM % printed, "utf-8")
    subprocess.run(
        [javac, "-encoding", "UTF-8", "-d", str(tmp_path), str(tmp_path / "Client.java")],
        check=True,
        timeout=5 * PATIENCE_S,
    )
    asked, answered = tmp_path / "asked.json", tmp_path / "answered.json"
    asked.write_text(json.dumps(event(), ensure_ascii=False), "utf-8")
    with served_house(tmp_path / "house") as house:
        secret = "whsec_" + base64.b64encode(SECRET).decode()
        command = [java, "-cp", str(tmp_path), "Client", house.base_url, secret, str(asked), str(answered)]
        subprocess.run(command, check=True, timeout=PATIENCE_S)
        answer = json.loads(answered.read_text("utf-8"))
        assert answer["decision"] == "hold", answer
        assert house.store.read(lambda uow: uow.gates.by_event("ris", "click-1")) is not None
