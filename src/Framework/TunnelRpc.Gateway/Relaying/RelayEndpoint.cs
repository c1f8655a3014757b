using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>Handles registrations: the URL of the relay, and the private URLs of names. Thread-safe.</summary>
internal sealed class RelayEndpoint(RegistrationTable registrations, GatewayAddresses addresses, ReverseHttpRelayOptions options)
{
    private const int TokenBytes = 32;
    private const int MaxTokenLength = 256;
    private static readonly TimeSpan MinLease = TimeSpan.FromSeconds(30);

    /// <summary>Handles a request to the URL of the relay: POST registers, GET lists.</summary>
    public async Task HandleAccessPointAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsPost(context.Request.Method))
        {
            await RegisterAsync(context).ConfigureAwait(false);
        }
        else if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            await GatewayRefusals.RespondAsync(
                context,
                200,
                string.Join('\n', registrations.Labels.Select(label => $"{label} {RelayUrls.GetPublic(context, addresses, label)}")))
                .ConfigureAwait(false);
        }
        else
        {
            await RespondMethodAsync(context, "GET, HEAD, POST").ConfigureAwait(false);
        }
    }

    /// <summary>Handles a request to a private URL: GET shows a form, PUT sets the lease, DELETE removes the registration.</summary>
    public async Task HandlePrivateAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        string token = (string)context.GetRouteValue("token")!;
        if (registrations.Find((string)context.GetRouteValue("label")!) is not { } registration || !registration.IsToken(Digest(token)))
        {
            await GatewayRefusals.RespondAsync(context, 404, "Expected the URL of a registration, got another one.").ConfigureAwait(false);
        }
        else if (HttpMethods.IsDelete(context.Request.Method))
        {
            bool removed = registrations.TryRemove(registration);
            context.Response.StatusCode = removed ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
        }
        else if (HttpMethods.IsPut(context.Request.Method))
        {
            await ReconfigureAsync(context, registration).ConfigureAwait(false);
        }
        else if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            await ShowFormAsync(context, registration, token).ConfigureAwait(false);
        }
        else
        {
            await RespondMethodAsync(context, "DELETE, GET, HEAD, PUT").ConfigureAwait(false);
        }
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static Task<string?> RespondMethodAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return GatewayRefusals.RespondAsync(context, 405, $"Expected one of the methods {allowed}, got another one.");
    }

    // A token is a segment of a path: a slash or a dot segment would lead elsewhere.
    private static bool IsToken(string token)
        => token.Length <= MaxTokenLength && token is not ("." or "..") && !token.Any(c => c is '/' or '\\' || char.IsControl(c));

    private async Task RegisterAsync(HttpContext context)
    {
        if (await CrossOrigin.IsRefusedAsync(context).ConfigureAwait(false))
        {
            await GatewayRefusals.RespondAsync(context, 403, "Expected a page of a site that the CORS policy allows, got another one.")
                .ConfigureAwait(false);
            return;
        }

        if (await ReadAsync(context).ConfigureAwait(false) is not { } form)
        {
            return;
        }

        string? error = null;
        string label = form.Find("name")?.ToLowerInvariant() ?? string.Empty;
        string token = form.Find("token") ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        if (label.Length == 0)
        {
            error = "Expected the parameter \"name\", got none.";
        }
        else if (!GatewayName.IsValid(label))
        {
            error = GatewayName.Describe(label);
        }
        else if (!IsToken(token))
        {
            error = $"Expected a token of at most {MaxTokenLength} characters without slashes and control characters, got another one.";
        }
        else if (!context.Request.Host.HasValue)
        {
            error = "Expected a Host field, got none: the URLs of the registration need it.";
        }

        TimeSpan lease = default;
        if (error is not null || !TryGetLease(form, out lease, out error))
        {
            await GatewayRefusals.RespondAsync(context, 400, error!).ConfigureAwait(false);
            return;
        }

        bool isUser = context.User.Identities.Any(identity => identity.IsAuthenticated);
        if (!registrations.TryRegister(
            label,
            Digest(token),
            lease,
            isUser ? context.User : null,
            PollerIdentity.GetRemoteEndPoint(context),
            out Registration? registration,
            out bool isNew,
            out GatewayRefusal? refusal))
        {
            await GatewayRefusals.RespondAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        string accessPoint = RelayUrls.GetAccessPoint(context, segments: 0);
        RelayUrls.SetLinks(
            context,
            RelayUrls.Link(RelayUrls.GetPoll(accessPoint, label, registration.AddSlot()), "first"),
            RelayUrls.Link(RelayUrls.GetPublic(context, addresses, label), "related"));
        context.Response.Headers.Location = RelayUrls.GetPrivate(accessPoint, label, token);
        context.Response.StatusCode = isNew ? StatusCodes.Status201Created : StatusCodes.Status204NoContent;
    }

    private async Task ReconfigureAsync(HttpContext context, Registration registration)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } form)
        {
            return;
        }

        if (!TryGetLease(form, out TimeSpan lease, out string? error))
        {
            await GatewayRefusals.RespondAsync(context, 400, error!).ConfigureAwait(false);
            return;
        }

        bool renewed = RegistrationTable.TryRenew(registration, lease);
        context.Response.StatusCode = renewed ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
    }

    private async Task ShowFormAsync(HttpContext context, Registration registration, string token)
    {
        string label = registration.Label;
        HtmlEncoder encoder = HtmlEncoder.Default;
        string accessPoint = encoder.Encode(RelayUrls.GetAccessPoint(context, segments: 2));
        string publicUrl = encoder.Encode(RelayUrls.GetPublic(context, addresses, label));
        byte[] page = Encoding.UTF8.GetBytes(
            $"""
            <!DOCTYPE html>
            <title>{label}</title>
            <p><a href="{publicUrl}">{publicUrl}</a></p>
            <form method="post" action="{accessPoint}">
            <input type="hidden" name="name" value="{label}"><input type="hidden" name="token" value="{encoder.Encode(token)}">
            <label>Lease in seconds <input name="lease"></label><button>Refresh</button>
            </form>

            """);
        context.Response.ContentType = "text/html; charset=utf-8";

        // The URL is a secret, so links of the page must not carry it.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
        context.Response.ContentLength = page.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(page, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static async ValueTask<RelayForm?> ReadAsync(HttpContext context)
    {
        RelayForm? form = await RelayForm.ReadAsync(context).ConfigureAwait(false);
        if (form is null)
        {
            await GatewayRefusals.RespondAsync(context, 413, "Expected a form of at most 8 KiB, got a larger one.").ConfigureAwait(false);
        }

        return form;
    }

    private bool TryGetLease(RelayForm form, out TimeSpan lease, out string? error)
    {
        error = null;
        lease = options.LeaseTimeout;
        if (form.Find("lease") is not { } text)
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds))
        {
            error = "Expected a \"lease\" that is an integer number of seconds, got another text.";
            return false;
        }

        lease = TimeSpan.FromSeconds(Math.Clamp(seconds, (long)MinLease.TotalSeconds, (long)options.MaxLeaseTimeout.TotalSeconds));
        return true;
    }
}
