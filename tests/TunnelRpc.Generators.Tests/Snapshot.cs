using System.Runtime.CompilerServices;
using Shouldly;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Compares text with a file in the directory of the test, by the conventions of Verify: Class.Method.verified.cs is committed, and a
/// difference creates Class.Method.received.cs. TUNNELRPC_ACCEPT_SNAPSHOTS=1 accepts the received text.
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

        received.ShouldBe(verified, $"Compare it with {receivedFile}. To accept it, run the test with TUNNELRPC_ACCEPT_SNAPSHOTS=1.");
        File.Delete(receivedFile);
    }
}
