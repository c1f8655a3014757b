using System.Runtime.CompilerServices;
using Shouldly;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Compares text with a file beside the test, by Verify's conventions: Class.Method.verified.cs is checked in; a difference
/// leaves Class.Method.received.cs. TUNNELRPC_ACCEPT_SNAPSHOTS=1 accepts what came.
/// </summary>
internal static class Snapshot
{
    public static void Verify(string received, string method, [CallerFilePath] string test = "")
    {
        string stem = Path.Combine(Path.GetDirectoryName(test)!, $"{Path.GetFileNameWithoutExtension(test)}.{method}");
        string verifiedFile = stem + ".verified.cs";
        string receivedFile = stem + ".received.cs";
        if (Environment.GetEnvironmentVariable("TUNNELRPC_ACCEPT_SNAPSHOTS") == "1")
        {
            File.WriteAllText(verifiedFile, received);
            File.Delete(receivedFile);
            return;
        }

        string verified = File.Exists(verifiedFile) ? File.ReadAllText(verifiedFile).ReplaceLineEndings("\n") : "";
        if (verified != received)
        {
            File.WriteAllText(receivedFile, received);
        }

        received.ShouldBe(verified, $"See {receivedFile}; accept it with TUNNELRPC_ACCEPT_SNAPSHOTS=1.");
        File.Delete(receivedFile);
    }
}
