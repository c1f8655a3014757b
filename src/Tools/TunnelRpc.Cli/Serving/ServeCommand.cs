using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;

namespace TunnelRpc.Cli.Serving;

/// <summary>The command "tunnelrpc serve".</summary>
internal static class ServeCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var urls = new Option<Uri[]>("--urls")
        {
            Description = "The URL to listen on, for instance http://127.0.0.1:5080; port 0 selects a free port. "
                + "May be given several times, or contain several URLs separated by semicolons.",
            Required = true,
            CustomParser = ParseUrls,
        };
        var path = new Option<string>("--path")
        {
            Description = "The path to serve tunnels under, in addition to the root.",
            DefaultValueFactory = _ => "/tunnel",
        };
        path.Validators.Add(ValidatePath);
        Option<string?> gateway = CreatePath(
            "--gateway", "Serve a gateway: names that clients claim are reached below this path, for instance /apps at /apps/NAME/.");
        Option<string?> httpSock = CreatePath("--httpsock", "Serve httpsock at this path, which returns what it is sent.");
        Option<string?> reverseHttp = CreatePath(
            "--reversehttp", "Serve a ReverseHttp relay at this path: programs register names with a token.");
        var relayTo = new Option<string[]>("--relay-to")
        {
            Description = "Let every client send requests to HOST[:PORT] through the ReverseHttp relay; without a port 80. May be given "
                + "several times. Default: no host.",
        };
        Option<string?> comet = CreatePath(
            "--comet", "Serve queues of requests as JSON below this path, for instance /comet at /comet/NAME.");
        Option<string?> ptth = CreatePath(
            "--ptth", "Accept claims of names by upgrades to PTTH below this path, for instance /claim at /claim/NAME.");
        Option<string?> raw = CreatePath(
            "--raw", "Serve requests and responses as raw HTTP in POST below this path, for instance /raw at /raw/NAME.");
        var claims = new Option<string>("--claims")
        {
            Description = "Who may claim names of the gateway: any (every client), user (those of --tokens) or none.",
            DefaultValueFactory = _ => "none",
        };
        claims.AcceptOnlyFromAmong("any", "none", "user");
        var tokens = new Option<FileInfo?>("--tokens")
        {
            Description = "A file with the users: each line has a name, white space and a token, which clients send as bearer token.",
        };
        var certificate = new Option<FileInfo?>("--certificate")
        {
            Description = "The certificate for https and --end-to-end-tls: a PKCS#12 file, or a PEM file with certificate and key. "
                + "Default: a new self-signed certificate, which clients do not trust.",
        };
        var password = new Option<string?>("--certificate-password") { Description = "The password of the certificate file." };
        var endToEnd = new Option<bool>("--end-to-end-tls")
        {
            Description = "Offer end-to-end TLS with the same certificate. Clients without end-to-end TLS can still connect.",
        };
        var command = new Command("serve", "Serves tunnels that reply to probes, and a gateway, until Ctrl-C or SIGTERM.")
        {
            urls, path, certificate, password, endToEnd, gateway, reverseHttp, relayTo, comet, ptth, raw, httpSock, claims,
            tokens,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            new ServeOptions(arguments.GetValue(urls)!, arguments.GetValue(path)!)
            {
                Certificate = arguments.GetValue(certificate),
                CertificatePassword = arguments.GetValue(password),
                EndToEndTls = arguments.GetValue(endToEnd),
                Relay = CreateRelay(arguments.GetValue(path)!, new RelayOptions
                {
                    Gateway = arguments.GetValue(gateway),
                    ReverseHttp = arguments.GetValue(reverseHttp),
                    RelayTo = arguments.GetValue(relayTo) ?? [],
                    Comet = arguments.GetValue(comet),
                    Ptth = arguments.GetValue(ptth),
                    Raw = arguments.GetValue(raw),
                    HttpSock = arguments.GetValue(httpSock),
                    Claims = Enum.Parse<ClaimRule>(arguments.GetValue(claims)!, ignoreCase: true),
                    Users = arguments.GetValue(tokens) is { } file ? TokenUsers.Load(file) : null,
                }),
            },
            output,
            error,
            cancellationToken));
        return command;
    }

    private static Option<string?> CreatePath(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description };
        option.Validators.Add(ValidatePath);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var path && (path.Length == 1 || path[^1] == '/'))
            {
                string example = name.Replace("--", "/", StringComparison.Ordinal);
                result.AddError($"Expected {name} to be a path such as {example}, got \"{path}\".");
            }
        });
        return option;
    }

    /// <summary>Checks what the options say together.</summary>
    /// <exception cref="UsageException">They contradict each other.</exception>
    private static RelayOptions CreateRelay(string tunnels, RelayOptions relay)
    {
        if (relay.Gateway is null && relay.Claims != ClaimRule.None)
        {
            throw new UsageException("Expected --gateway with --claims, got none.");
        }

        if (relay.Claims == ClaimRule.User && relay.Users is null)
        {
            throw new UsageException("Expected --tokens with --claims user, since there are no other users, got none.");
        }

        if (relay.Gateway is null && (relay.ReverseHttp ?? relay.Comet ?? relay.Ptth ?? relay.Raw) is not null)
        {
            throw new UsageException(
                "Expected --gateway with --reversehttp, --comet, --ptth and --raw, since names are reached there, got none.");
        }

        if (relay.ReverseHttp is null && relay.RelayTo.Count > 0)
        {
            throw new UsageException("Expected --reversehttp with --relay-to, got none.");
        }

        string[] paths =
        [
            tunnels.TrimEnd('/'),
            .. new[] { relay.Gateway, relay.ReverseHttp, relay.Comet, relay.Ptth, relay.Raw, relay.HttpSock }.OfType<string>(),
        ];
        return paths.Distinct(StringComparer.OrdinalIgnoreCase).Count() == paths.Length
            ? relay
            : throw new UsageException(
                "Expected different paths for --path, --gateway, --reversehttp, --comet, --ptth, --raw and --httpsock, "
                + "got the same twice.");
    }

    private static async Task<int> RunAsync(ServeOptions options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        bool needsCertificate = options.EndToEndTls || options.Urls.Any(u => u.Scheme == "https");
        using X509Certificate2? certificate = needsCertificate ? ServerCertificate.Load(options) : null;
        WebApplication app = ProbeServer.Build(options, certificate);
        await using (app.ConfigureAwait(false))
        {
            try
            {
                await app.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception unable) when (unable is IOException or InvalidOperationException or System.Net.Sockets.SocketException)
            {
                await error.WriteLineAsync($"Cannot listen on {string.Join(", ", options.Urls)}: {unable.Message}").ConfigureAwait(false);
                return ExitCode.Failed;
            }

            foreach (string url in app.Urls)
            {
                await output.WriteLineAsync($"Listening on {url.TrimEnd('/')}{options.Path}").ConfigureAwait(false);
            }

            foreach (string line in RelayEndpoints.Describe(options.Relay, app.Urls.First().TrimEnd('/')))
            {
                await output.WriteLineAsync(line).ConfigureAwait(false);
            }

            if (certificate is not null)
            {
                string thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
                await error.WriteLineAsync($"Certificate: {certificate.Subject}, SHA-256 {thumbprint}").ConfigureAwait(false);
            }

            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await WaitForCancellationAsync(cancellationToken).ConfigureAwait(false);
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Ok;
        }
    }

    private static async Task WaitForCancellationAsync(CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static s => ((TaskCompletionSource)s!).TrySetResult(), stopped);
        await stopped.Task.ConfigureAwait(false);
    }

    private static Uri[]? ParseUrls(ArgumentResult result)
    {
        List<Uri> urls = [];
        const StringSplitOptions Split = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string text in result.Tokens.SelectMany(t => t.Value.Split(';', Split)))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
                || url.Scheme is not ("http" or "https")
                || url.AbsolutePath != "/"
                || url.Query.Length > 0)
            {
                result.AddError($"Expected --urls to be of the form http://127.0.0.1:5080 or https://…, without a path, got \"{text}\".");
                return null;
            }

            urls.Add(url);
        }

        return [.. urls];
    }

    private static void ValidatePath(OptionResult result)
    {
        if (result.Tokens.Count > 0
            && result.Tokens[0].Value is var path
            && (!path.StartsWith('/') || path.AsSpan().ContainsAny('{', '?')))
        {
            result.AddError(
                $"Expected {result.Option.Name} to begin with a slash, without braces and question mark, got \"{path}\".");
        }
    }
}
