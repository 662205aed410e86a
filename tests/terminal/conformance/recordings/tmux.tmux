#                                       │21
                                        │22
                                        │23
                                        │24
                                        │25
                                        │26
                                        │27
                                        │28
                                        │29
                                        │30
                                        │root@vm:/tmp/tmps5bte8gj#
                                        ├───────────────────────────────────────
                                        │root@vm:/tmp/tmps5bte8gj# ls
                                        │file0.txt   file3.txt  file8.txt
                                        │file1.txt   file4.txt  file9.txt
                                        │file10.txt  file5.txt  text.txt
                                        │file11.txt  file6.txt
                                        │file2.txt   file7.txt
                                        │root@vm:/tmp/tmps5bte8gj#
                                        │
                                        │
                                        │
                                        │
[1] 0:bash*                                                 "vm" 12:28 26-Nov-26
