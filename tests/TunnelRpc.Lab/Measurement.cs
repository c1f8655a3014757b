using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>What was measured on a path, by a client with default options.</summary>
/// <param name="PlainMilliseconds">A GET of an ordinary page on a new connection.</param>
/// <param name="FirstCallMilliseconds">From nothing to the first answered call.</param>
/// <param name="CallMilliseconds">An empty call, when nothing else is under way.</param>
/// <param name="UploadRate">MB/s.</param>
/// <param name="DownloadRate">MB/s.</param>
/// <param name="Report">What was tried.</param>
internal sealed record Measurement(
    double PlainMilliseconds, double FirstCallMilliseconds, double CallMilliseconds, double UploadRate, double DownloadRate, PathReport Report);
