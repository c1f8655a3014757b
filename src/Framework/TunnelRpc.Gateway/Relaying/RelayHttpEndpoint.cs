using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Relaying;

// Decision: docs/adr/0102-relaying-to-listed-targets.md
/// <summary>
/// Handles RelayHttp: a POST whose body is a request, as message/http, for the target in the URL. The response has that of the target.
/// Both messages are read strictly and written anew. Thread-safe.
/// </summary>
internal sealed class RelayHttpEndpoint(ReverseHttpRelayOptions options)
{
    private readonly RelayTargets _targets = new(options.RelayTargets, options.HostResolver);

    // Changed atomically: the requests in progress.
    private int _running;

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        HostAndPort target = default;
        (int Status, string Text)? refused = null;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            refused = (405, "Expected a POST with a request as message/http.");
        }
        else if (await CrossOrigin.IsRefusedAsync(context).ConfigureAwait(false))
        {
            refused = (403, "Expected a page of a site that the CORS policy allows, got another one.");
        }
        else if (_targets.IsEmpty)
        {
            refused = (
                403,
                "This relay forwards to no other host. List the hosts in RelayTargets of ReverseHttpRelayOptions, or with --relay-to of "
                + "tunnelrpc serve.");
        }
        else if (!HostAndPort.TryParse(context.GetRouteValue("target") as string, out target))
        {
            refused = (400, "Expected a target such as \"example.org\" or \"example.org:8080\" at the end of the URL, got another text.");
        }
        else if (!_targets.IsListed(target))
        {
            refused = (403, $"Expected a target that RelayTargets lists with its port, got \"{target}\". Add it there to allow it.");
        }

        if (refused is { } refusal)
        {
            await GatewayRefusals.RespondAsync(context, refusal.Status, refusal.Text).ConfigureAwait(false);
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _running) > options.MaxRelayedRequests)
            {
                GatewayRefusals.SetRetryAfter(context, TimeSpan.FromSeconds(1));
                await GatewayRefusals.RespondAsync(
                    context, 503, $"Expected at most {options.MaxRelayedRequests} requests at a time (MaxRelayedRequests), got one more.")
                    .ConfigureAwait(false);
                return;
            }

            await RelayAsync(context, target).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task RelayAsync(HttpContext context, HostAndPort target)
    {
        if (await BodyReader.ReadAsync(context, options.MaxPolledBodySize).ConfigureAwait(false) is not { } body)
        {
            await GatewayRefusals.RespondAsync(
                context, 413, $"Expected a request of at most {options.MaxPolledBodySize} bytes (MaxPolledBodySize), got a larger one.")
                .ConfigureAwait(false);
            return;
        }

        HttpMessage request;
        byte[] message;
        try
        {
            request = HttpMessageReader.ReadRequest(body);
            message = Write(context, request, target);
        }
        catch (MalformedHttpException malformed)
        {
            await GatewayRefusals.RespondAsync(context, 400, malformed.Message).ConfigureAwait(false);
            return;
        }

        using CancellationTokenSource late = new(options.ResponseTimeout, options.TimeProvider);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        (int Status, string Text) failure;
        try
        {
            IReadOnlyList<IPEndPoint> endPoints = await _targets.ResolveAsync(target, ended.Token).ConfigureAwait(false);
            if (endPoints.Count == 0)
            {
                failure = (
                    403,
                    $"Expected \"{target}\" to have a public address, got others. Loopback, private, link-local and other special "
                    + "addresses must be listed in RelayTargets themselves, with the port.");
            }
            else if (await RelayHttpClient.SendAsync(
                endPoints, message, request.Head.MethodOrVersion, options.MaxPolledBodySize, ended.Token).ConfigureAwait(false)
                is { } response)
            {
                byte[] written = HttpMessageWriter.WriteResponse(response, request.Head.MethodOrVersion);
                context.Response.ContentType = "message/http";
                context.Response.ContentLength = written.Length;
                await context.Response.Body.WriteAsync(written, context.RequestAborted).ConfigureAwait(false);
                return;
            }
            else
            {
                failure = (
                    502,
                    $"Expected a response of at most {options.MaxPolledBodySize} bytes (MaxPolledBodySize) from the target, got more.");
            }
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested
            && (error is OperationCanceledException or IOException or SocketException))
        {
            // The client has left.
            return;
        }
        catch (OperationCanceledException)
        {
            failure = (
                504, $"Expected a response of the target within {options.ResponseTimeout.TotalSeconds:0} s (ResponseTimeout), got none.");
        }
        catch (MalformedHttpException malformed)
        {
            failure = (502, $"The target did not answer with valid HTTP. {malformed.Message}");
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            failure = (502, "Expected a response of the target, but it was not reached, or it broke off.");
        }

        await GatewayRefusals.RespondAsync(context, failure.Status, failure.Text).ConfigureAwait(false);
    }

    // The Host is that of the target: the list names it, and another one could select another site of the same server.
    private static byte[] Write(HttpContext context, HttpMessage request, HostAndPort target)
    {
        IPEndPoint? remote = GatewayRequestFactory.FindRemote(context.Connection);
        List<HttpField> fields = [new HttpField("Host", target.ToString())];
        fields.AddRange(MessageFields.SelectEndToEnd(request.Head.HeaderFields)
            .Where(field => !GatewayRequestFactory.IsReplaced(field.Name)));
        string version = request.Head.VersionOrReason["HTTP/".Length..];
        GatewayRequestFactory.AddForwarding(fields, context.Request.Scheme, host: "", version, remote, prefix: "");
        GatewayRequest relayed = new()
        {
            Name = target.Host,
            Method = request.Head.MethodOrVersion,
            Target = request.Head.TargetOrStatus,
            Scheme = "http",
            Version = "1.1",
            Fields = fields,
            ContentLength = request.Framing.Kind == BodyKind.None ? null : request.Body.Length,
        };
        return HttpMessageWriter.WriteRequest(relayed, request.Body.Span, Encoding.Latin1, new HttpField("Connection", "close"));
    }
}
