using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Cli.Tests.Contracts;

/// <summary>The export of contracts as JSON, and its schema.</summary>
public sealed class ExportTests : IDisposable
{
    private const string Lock = """
        enum Acme.Kind uint8
        enum Acme.Kind value Some 200
        method shop/GetAsync fault not-found Acme.Job
        method shop/GetAsync idempotent
        method shop/GetAsync parameter 0 int32 id
        method shop/GetAsync parameter 1 string? text =%22a%20b%22
        method shop/GetAsync parameter 2 float64 limit =NaN
        method shop/GetAsync result map<string,array<Acme.Job?>>
        method shop/GetAsync stream Acme.Kind kinds
        method shop/GetAsync timeout 00:00:30
        method shop/GetAsync duplex 0x0000002a
        method shop/TouchAsync one-way 0x0000002b
        method shop/TouchAsync parameter 0 service<agent%20one> agent
        service shop
        service shop callback agent%20one
        service shop ordered
        type Acme.Job array
        type Acme.Job member 10 Acme.Shape Shape required
        type Acme.Job member 2 Acme.Kind Kind
        type Acme.Shape union
        type Acme.Shape case 0 Acme.Job

        """;

    private readonly WorkingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Export_has_everything_in_a_fixed_order()
    {
        JsonNode json = await ExportAsync(_folder.Write("a.lock", Lock));

        JsonNode service = json["services"]![0]!;
        service["name"]!.GetValue<string>().ShouldBe("shop");
        service["callback"]!.GetValue<string>().ShouldBe("agent one");
        service["ordered"]!.GetValue<bool>().ShouldBeTrue();
        JsonNode method = service["methods"]![0]!;
        method["id"]!.GetValue<uint>().ShouldBe(42u);
        method["shape"]!.GetValue<string>().ShouldBe("duplex");
        method["timeoutMilliseconds"]!.GetValue<double>().ShouldBe(30_000);
        method["parameters"]!.AsArray().Select(p => p!["optional"]!.GetValue<bool>()).ShouldBe([false, true, true]);
        method["parameters"]![1]!["default"]!.GetValue<string>().ShouldBe("a b");
        method["parameters"]![2]!.AsObject().ContainsKey("default").ShouldBeFalse();
        method["stream"]!["type"]!["name"]!.GetValue<string>().ShouldBe("Acme.Kind");
        method["result"]!.ToJsonString().ShouldBe(
            """{"name":"map","arguments":[{"name":"string","nullable":false},"""
            + """{"name":"array","arguments":[{"name":"Acme.Job","nullable":true}],"nullable":false}],"nullable":false}""");
        service["methods"]![1]!["result"].ShouldBeNull();
        service["methods"]![1]!["parameters"]![0]!["type"]!["service"]!.GetValue<string>().ShouldBe("agent one");
        json["types"]![0]!["members"]!.AsArray().Select(m => m!["index"]!.GetValue<int>()).ShouldBe([2, 10]);
        json["types"]![1]!["cases"]![0]!["tag"]!.GetValue<int>().ShouldBe(0);
        json["enums"]![0]!["values"]![0]!["number"]!.GetValue<int>().ShouldBe(200);
    }

    [Fact]
    public async Task Export_of_an_assembly_has_the_documentation_beside_it()
    {
        JsonNode json = await ExportAsync(WorkingFolder.Assembly);

        JsonNode service = json["services"]!.AsArray().Single(s => s!["name"]!.GetValue<string>() == "TunnelRpc.Probe")!;
        service["doc"]!.GetValue<string>().Length.ShouldBeGreaterThan(10);
        foreach (JsonNode? method in service["methods"]!.AsArray())
        {
            method!["doc"]!.GetValue<string>().ShouldNotBeEmpty();
        }

        service["methods"]![0]!["parameters"]![0]!["doc"]!.GetValue<string>().ShouldBe("The number of bytes.");
    }

    [Fact]
    public async Task Every_export_matches_the_schema()
    {
        JsonNode schema = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "contract-export.schema.json")))!;
        var validator = new SchemaValidator(schema);

        validator.Validate(await ExportAsync(_folder.Write("a.lock", Lock))).ShouldBeEmpty();
        validator.Validate(await ExportAsync(WorkingFolder.Assembly)).ShouldBeEmpty();

        // A validator that accepts everything would pass, too.
        validator.Validate(JsonNode.Parse("{}")!).ShouldContain("$: 'services' is missing");
        JsonNode wrong = await ExportAsync(_folder.Write("a.lock", Lock));
        wrong["services"]![0]!["methods"]![0]!["shape"] = "round";
        validator.Validate(wrong).ShouldHaveSingleItem().ShouldStartWith("$.services[0].methods[0].shape");
    }

    [Fact]
    public async Task Export_writes_a_file()
    {
        CommandResult result = await CommandResult.RunAsync(
            "contract", "export", WorkingFolder.Assembly, "--format", "json", "--output", _folder["a.json"]);

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldBe("");
        JsonDocument.Parse(await File.ReadAllTextAsync(_folder["a.json"])).RootElement.GetProperty("format").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Unknown_format_is_an_error_of_the_command_line() =>
        (await CommandResult.RunAsync("contract", "export", WorkingFolder.Assembly, "--format", "yaml")).ExitCode.ShouldBe(2);

    private static async Task<JsonNode> ExportAsync(string path)
    {
        CommandResult result = await CommandResult.RunAsync("contract", "export", path);
        result.ExitCode.ShouldBe(0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }
}
