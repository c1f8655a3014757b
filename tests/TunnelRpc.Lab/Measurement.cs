using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>The measurements of a path, by a client with default options.</summary>
/// <param name="PlainMilliseconds">The duration of a GET of an ordinary page on a new connection.</param>
/// <param name="FirstCallMilliseconds">The time from the creation of a client to its first reply.</param>
/// <param name="CallMilliseconds">The duration of an empty call, with no other call in flight.</param>
/// <param name="UploadRate">The throughput to the server in MB/s.</param>
/// <param name="DownloadRate">The throughput to the client in MB/s.</param>
/// <param name="Report">The client's report of its attempts.</param>
internal sealed record Measurement(
    double PlainMilliseconds,
    double FirstCallMilliseconds,
    double CallMilliseconds,
    double UploadRate,
    double DownloadRate,
    PathReport Report);
