using System.Text;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Holds the response to a GET that other requests wait for.</summary>
internal sealed class ResponseCapture
{
    /// <summary>The response; null if there is none that can be shared.</summary>
    public CapturedResponse? Response { get; private set; }

    /// <summary>Starts the capture of a response; returns the sink for its body.</summary>
    public IStageSink Start(Http1Head response, IStageSink next, int maxBytes)
    {
        string statusLine = $"HTTP/1.1 {response.TargetOrStatus} {response.VersionOrReason}";
        byte[] head = HeadFormat.Write(statusLine, response, chunked: false, without: ["Content-Length"]);

        // Remove the empty line: CapturedResponse appends it after Content-Length, which is known at the end.
        string text = Encoding.Latin1.GetString(head.AsSpan(0, head.Length - 2));
        return Response = new CapturedResponse(text, next, maxBytes);
    }
}
