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
        var command = new Command("serve", "Serves tunnels that reply to probes, until Ctrl-C or SIGTERM.")
        {
            urls, path, certificate, password, endToEnd,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            new ServeOptions(arguments.GetValue(urls)!, arguments.GetValue(path)!)
            {
                Certificate = arguments.GetValue(certificate),
                CertificatePassword = arguments.GetValue(password),
                EndToEndTls = arguments.GetValue(endToEnd),
            },
            output,
            error,
            cancellationToken));
        return command;
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
        if (result.Tokens.Count > 0 && result.Tokens[0].Value is var path && (path[0] != '/' || path.AsSpan().ContainsAny('{', '?')))
        {
            result.AddError($"Expected --path to begin with a slash, without braces and question mark, got \"{path}\".");
        }
    }
}
