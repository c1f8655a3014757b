using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>A response on a reverse-HTTP connection. Disposal before the end of its body ends the connection.</summary>
internal sealed class PtthResponse : GatewayResponse
{
    private readonly TaskCompletionSource<bool> _completion;

    [SetsRequiredMembers]
    private PtthResponse(int status, string? reason, IReadOnlyList<HttpField> fields, Stream? body, TaskCompletionSource<bool> completion)
    {
        Status = status;
        Reason = reason;
        Fields = fields;
        Body = body;
        _completion = completion;
    }

    /// <summary>Whether the body was read to its end, so that the connection may carry the next request.</summary>
    public Task<bool> Completion => _completion.Task;

    /// <summary>Creates the response of a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="framing">How its body ends.</param>
    /// <param name="stream">The connection.</param>
    /// <param name="buffer">What was read from it after the head.</param>
    /// <param name="requestMethod">The method of the request.</param>
    public static PtthResponse Create(Http1Head head, BodyFraming framing, Stream stream, Http1ReadBuffer buffer, string requestMethod)
    {
        TaskCompletionSource<bool> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<HttpField> fields = MessageFields.SelectEndToEnd(head.HeaderFields);
        Stream? body = null;
        if (framing.Kind != BodyKind.None)
        {
            body = new MessageBody(stream, buffer, framing, () => completion.TrySetResult(true));
            if (framing.Kind == BodyKind.Length)
            {
                fields.Add(MessageFields.Length(framing.Length));
            }
        }
        else
        {
            if (requestMethod == "HEAD" && BodyFraming.FindLength(head.HeaderFields) is { } stated)
            {
                fields.Add(MessageFields.Length(stated));
            }

            completion.SetResult(true);
        }

        return new PtthResponse(
            int.Parse(head.TargetOrStatus, NumberStyles.None, CultureInfo.InvariantCulture),
            head.VersionOrReason.Length == 0 ? null : head.VersionOrReason,
            fields,
            body,
            completion);
    }

    /// <summary>Creates the response of an upgrade. The connection carries bytes in both directions until its disposal.</summary>
    /// <param name="head">The head, with the status 101.</param>
    /// <param name="stream">The connection.</param>
    /// <param name="buffer">What was read from it after the head.</param>
    /// <exception cref="MalformedHttpException">The head does not name the protocol.</exception>
    public static PtthResponse CreateUpgraded(Http1Head head, Stream stream, Http1ReadBuffer buffer)
    {
        List<HttpField> fields = MessageFields.SelectEndToEnd(head.HeaderFields);
        fields.Add(new HttpField("Upgrade", PtthUpgrade.GetProtocol(head)));
        return new PtthResponse(
            101,
            reason: null,
            fields,
            new PtthUpgradedStream(stream, buffer),
            new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _completion.TrySetResult(false);
        return ValueTask.CompletedTask;
    }
}
