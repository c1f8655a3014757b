using System.Text;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Where the answer to a GET is kept that others wait for.</summary>
internal sealed class ResponseCapture
{
    /// <summary>Null while there is none that can be shared.</summary>
    public CapturedResponse? Response { get; private set; }

    public IStageSink Start(Http1Head answer, IStageSink next, int maxBytes)
    {
        byte[] head = HeadFormat.Write($"HTTP/1.1 {answer.TargetOrStatus} {answer.VersionOrReason}", answer, chunked: false, without: ["Content-Length"]);

        // The empty line belongs behind the length, which is known at the end.
        string text = Encoding.Latin1.GetString(head.AsSpan(0, head.Length - 2));
        return Response = new CapturedResponse(text, next, maxBytes);
    }
}
