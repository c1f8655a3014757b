using System.CommandLine;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>The commands "tunnelrpc contract lock", "check", "diff" and "export".</summary>
internal static class ContractCommand
{
    private const string Sources = "Assemblies (.dll), packages (.nupkg) or locks. They are read as one.";

    private const string ExitCodes = "Exit code: 0 if no change breaks a peer, 1 if one does, 2 if the command line is invalid or a file "
        + "cannot be read.";

    public static Command Create(TextWriter output)
    {
        var command = new Command(
            "contract",
            "Locks contracts, compares versions of them, and exports them. Files are read without running code of them.")
        {
            CreateLock(output), CreateCheck(output), CreateDiff(output), CreateExport(output),
        };
        return command;
    }

    private static Command CreateLock(TextWriter output)
    {
        Argument<string[]> files = CreateFiles("FILE", Sources);
        var target = new Option<string>("--output", "-o")
        {
            Description = "The lock to create or to update.",
            DefaultValueFactory = _ => LockFile.FileName,
        };
        var accept = new Option<bool>("--accept")
        {
            Description = "Accept changes that break a peer. What they remove is reserved, so that it is not used again.",
        };
        var command = new Command(
            "lock",
            $"""
            Creates or updates a contract lock from built contracts. Changes that break a peer are listed and need --accept.
            {ExitCodes}

            Examples:
              tunnelrpc contract lock bin/Release/net10.0/Acme.Contracts.dll
              tunnelrpc contract lock bin/Release/net10.0/Acme.Contracts.dll --accept
              tunnelrpc contract lock Acme.Contracts.2.1.0.nupkg -o released.lock
            """)
        {
            files, target, accept,
        };
        command.SetAction((arguments, cancellationToken) => LockUpdate.RunAsync(
            ContractSource.Read(arguments.GetValue(files)!),
            arguments.GetValue(target)!,
            arguments.GetValue(accept),
            output,
            cancellationToken));
        return command;
    }

    private static Command CreateCheck(TextWriter output)
    {
        Argument<string[]> files = CreateFiles("FILE", Sources);
        var against = new Option<string>("--against")
        {
            Description = "The older version: a lock, an assembly or a package.",
            DefaultValueFactory = _ => LockFile.FileName,
        };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 also if a change may surprise a peer." };
        var command = new Command(
            "check",
            $"""
            Compares contracts with an older version, and lists what breaks or may surprise a peer with that version.
            {ExitCodes}

            Examples:
              tunnelrpc contract check bin/Release/net10.0/Acme.Contracts.dll
              tunnelrpc contract check TunnelContracts.lock --against released.lock
              tunnelrpc contract check Acme.Contracts.2.1.0.nupkg --against Acme.Contracts.2.0.0.nupkg --strict
            """)
        {
            files, against, strict,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            ContractSource now = ContractSource.Read(arguments.GetValue(files)!);
            ContractSource old = ContractSource.Read(arguments.GetValue(against)!);
            IReadOnlyList<LockDifference> differences = Compare(old, now);
            bool isStrict = arguments.GetValue(strict);
            await ContractReport.WriteAsync(differences, LockGrade.Surprise, output, cancellationToken).ConfigureAwait(false);
            return differences.Any(d => d.Grade == LockGrade.Break || (isStrict && d.Grade == LockGrade.Surprise))
                ? ExitCode.Failed
                : ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateDiff(TextWriter output)
    {
        var old = new Argument<string>("OLD") { Description = "The older version: an assembly, a package or a lock." };
        var now = new Argument<string>("NEW") { Description = "The newer version." };
        var command = new Command(
            "diff",
            $"""
            Lists all differences of two versions of contracts, additions included, with what each does to a peer with the other version.
            {ExitCodes}

            Examples:
              tunnelrpc contract diff Acme.Contracts.2.0.0.nupkg Acme.Contracts.2.1.0.nupkg
              tunnelrpc contract diff released.lock TunnelContracts.lock
            """)
        {
            old, now,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            IReadOnlyList<LockDifference> differences =
                Compare(ContractSource.Read(arguments.GetValue(old)!), ContractSource.Read(arguments.GetValue(now)!));
            await ContractReport.WriteAsync(differences, LockGrade.Addition, output, cancellationToken).ConfigureAwait(false);
            return differences.Any(d => d.Grade == LockGrade.Break) ? ExitCode.Failed : ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateExport(TextWriter output)
    {
        Argument<string[]> files = CreateFiles("FILE", Sources);
        var format = new Option<string>("--format") { Description = "The format.", DefaultValueFactory = _ => "json" };
        format.AcceptOnlyFromAmong("json");
        var target = new Option<string?>("--output", "-o") { Description = "The file to write; without it the output." };
        var command = new Command(
            "export",
            """
            Writes a complete description of contracts, independent of .NET, for generators of clients in other languages. With the XML
            documentation beside the assembly it contains the summaries. docs/contract-export.schema.json describes it.
            Exit code: 0, or 2 if the command line is invalid or a file cannot be read.

            Examples:
              tunnelrpc contract export bin/Release/net10.0/Acme.Contracts.dll --format json -o contracts.json
              tunnelrpc contract export Acme.Contracts.2.1.0.nupkg
            """)
        {
            files, format, target,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            string json = JsonExport.Write(ContractSource.Read(arguments.GetValue(files)!));
            if (arguments.GetValue(target) is { } path)
            {
                await LockUpdate.WriteFileAsync(path, json, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await output.WriteAsync(json.AsMemory(), cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Compares two versions.</summary>
    /// <exception cref="UsageException">A fact is invalid.</exception>
    internal static IReadOnlyList<LockDifference> Compare(ContractSource old, ContractSource now)
    {
        try
        {
            return LockComparison.Compare(old.Model, now.Model);
        }
        catch (LockFormatException error)
        {
            throw new UsageException($"The contracts cannot be compared: {error.Message}");
        }
    }

    private static Argument<string[]> CreateFiles(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };
}
