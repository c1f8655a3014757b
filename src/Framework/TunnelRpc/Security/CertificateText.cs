using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>Describes certificates and validation errors for messages. Stateless.</summary>
internal static class CertificateText
{
    private const int ThumbprintDigits = 64;

    public static string Describe(TransportCertificate certificate) =>
        $"{certificate.Subject}, issued by {certificate.Issuer} (SHA-256 {certificate.Thumbprint})";

    public static bool IsThumbprint(string text)
    {
        string digits = RemoveColons(text);
        return digits.Length == ThumbprintDigits && digits.All(char.IsAsciiHexDigit);
    }

    public static bool IsSameThumbprint(string text, string thumbprint) =>
        RemoveColons(text).Equals(thumbprint, StringComparison.OrdinalIgnoreCase);

    /// <summary>Describes the errors of the platform's validation; empty when there is none.</summary>
    /// <param name="errors">The errors.</param>
    /// <param name="chain">The chain that the platform built.</param>
    /// <param name="expectedName">The name that the certificate must have; null when no name is expected.</param>
    public static string DescribeErrors(SslPolicyErrors errors, X509Chain? chain, string? expectedName)
    {
        List<string> descriptions = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            descriptions.Add("there is none");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            descriptions.Add($"it is not made out to \"{expectedName}\"");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            string[] status = [.. (chain?.ChainStatus ?? []).Select(s => $"{s.Status} ({s.StatusInformation.Trim()})").Distinct()];
            descriptions.Add($"its chain is not trusted{(status.Length == 0 ? "" : ": " + string.Join(", ", status))}");
        }

        return string.Join("; ", descriptions);
    }

    private static string RemoveColons(string thumbprint) => thumbprint.Replace(":", "", StringComparison.Ordinal);
}
