using System.CommandLine;
using Quickstart;

Option<Uri?> server = UrlOption("--server", "Run only the server, on this URL, for instance http://127.0.0.1:5080.");
Option<Uri?> client = UrlOption("--client", "Run only the client, against this URL, for instance http://127.0.0.1:5080.");
var transport =
    new Option<string?>("--transport") { Description = "Use this transport only: " + string.Join(", ", Demo.TransportNames) + "." };
transport.AcceptOnlyFromAmong([.. Demo.TransportNames]);
Option<Uri?> proxy = UrlOption("--proxy", "Reach the server through this HTTP proxy, for instance http://user:password@127.0.0.1:3128.");
var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };

var root =
    new RootCommand(
        "TunnelRpc quickstart: a server and a client that call each other, over every transport. Without options it runs both in this "
        + "process.")
{
    server, client, transport, proxy, json,
};
root.SetAction(async (arguments, cancellationToken) =>
{
    if (arguments.GetValue(server) is { } listen)
    {
        return await OfficeServer.RunAsync(listen, cancellationToken);
    }

    var demo = new Demo(arguments.GetValue(proxy), arguments.GetValue(transport));
    IReadOnlyList<DemoRun> runs = arguments.GetValue(client) is { } address
        ? [await demo.RunOnceAsync(address, cancellationToken)]
        : await demo.RunEmbeddedAsync(cancellationToken);
    if (arguments.GetValue(json))
    {
        DemoReport.PrintJson(runs);
    }
    else
    {
        DemoReport.PrintTables(runs);
    }

    return runs.All(r => r.Succeeded) ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();

static Option<Uri?> UrlOption(string name, string description) => new(name)
{
    Description = description,
    CustomParser = result =>
    {
        string text = result.Tokens.Single().Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is ("http" or "https"))
        {
            return url;
        }

        result.AddError($"{name} takes an http or https URL, got '{text}'.");
        return null;
    },
};
